#include "runtime/init/protocol.h"

#include "runtime/init/error_detail.h"
#include "runtime/init/libc.h"
#include "runtime/init/made_mounts.h"
#include "runtime/init/mount_object.h"
#include "runtime/init/paths.h"

namespace crux::init {

namespace {

plan::InitReport report_of(const Context& context, plan::Say say, const Outcome& outcome) {
    plan::InitReport report;
    report.say = say;
    report.step = context.step_index;
    report.call = outcome.call();
    report.error = outcome.error();
    report.extra = context.extra;
    report.detail_length = context.detail_length;
    memcpy(report.detail, context.detail, context.detail_length);
    return report;
}

Outcome send(int descriptor, const plan::InitReport& report) {
    return call(__NR_write, descriptor, &report, plan::kReportHead + report.detail_length);
}

/// Waits for the parent's answer. An end of file means that the parent has died: init must not
/// continue, since nothing has recorded the container.
Outcome read_answer(int control) {
    plan::Answer answer{};
    Outcome length;
    // A failure is tried again before init gives up: a parent that has answered hears of nothing.
    constexpr int kTries = 3;
    for (int failures = 0; failures < kTries;) {
        // lint: allow wait: the parent bounds its own work, and its death is the end of the file.
        length = call(__NR_read, control, &answer, sizeof answer);
        if (!length.failed()) break;
        if (length.error() != kInterrupted) ++failures;
    }
    TRY(length);
    if (length.value() != sizeof answer || answer.error != 0) exit_now(1);
    return {};
}

}  // namespace

void report_failure(Context& context, const Outcome& outcome) {
    plan::InitReport report = report_of(context, plan::Say::failed, outcome);
    if (context.control.open()) {
        (void)send(context.control.get(), report);
        return;
    }
    // Nobody waits for the report of an exec any more: its program has the standard error.
    constexpr int kNotRun = 255;
    if (context.slot(plan::kFifoSlot) < 0)
        exit_with_error_detail(context, context.program, outcome, kNotRun);
    // After the barrier, start reads from the other end of the FIFO. It does not have the plan, so
    // the report names the startContainer hook by its index.
    report.step = context.step->kind == plan::Kind::hook ? context.step->hook.index : plan::kNoHook;
    (void)send(context.slot(plan::kFifoSlot), report);
}

void report_warning(Context& context, const Outcome& outcome) {
    (void)send(context.control.get(), report_of(context, plan::Say::warning, outcome));
    context.extra = 0;
    context.detail_length = 0;
}

#ifdef CRUX_FAULTS
Outcome meet_fault(Context& context) {
    if (context.step_index != context.plan->fault_step) return {};
    switch (static_cast<plan::Fault>(context.plan->fault_action)) {
        case plan::Fault::fail:
            return refuse(5 /* EIO */);
        case plan::Fault::die:
            exit_now(1);
        case plan::Fault::wait: {
            const long delay[2] = {0, 300'000'000};  // s, ns
            return call(__NR_ppoll, nullptr, 0, delay, nullptr, 0);
        }
        case plan::Fault::kill_parent:
            break;
    }
    // After the barrier there is no parent to kill.
    if (!context.control.open()) return {};
    TRY(send(context.control.get(), report_of(context, plan::Say::fault, {})));
    return read_answer(context.control.get());
}
#endif

namespace {

/// The copy whose IDs the parent maps. It is detached: the IDs of an attached mount cannot be
/// mapped (mount_setattr(2)).
Outcome copy_source(Context& context, const plan::AskParent& ask) {
    const Owned source(TRY(open_in_root(context, context.text(ask.source), kOpenPath)));
    context.mapped = Owned(TRY(clone_mount(source.get(), (ask.flags & plan::kRecursive) != 0)));
    return {};
}

}  // namespace

Outcome ask_parent(Context& context) {
    const plan::AskParent& ask = context.step->ask_parent;
    if (ask.request == plan::Request::map_ids) TRY(copy_source(context, ask));
    plan::InitReport report = report_of(context, plan::Say::ask, {});
    if (ask.request == plan::Request::seccomp_listener) report.extra = context.listener;
    if (ask.request == plan::Request::map_ids) report.extra = context.mapped.get();
    TRY(send(context.control.get(), report));
    return read_answer(context.control.get());
}

namespace {

/// A signal that terminates an ordinary process also terminates a container that waits for start.
/// The kernel does not deliver it to the first process of a pid namespace, so init reads it from a
/// signalfd.
[[noreturn]] void end_by_signal(int descriptor) {
    std::uint32_t info[32] = {};
    (void)call(__NR_read, descriptor, info, sizeof info);
    exit_now(static_cast<int>(128 + info[0]));
}

/// The signals whose default action is to terminate, except those that report a fault of the
/// process itself.
constexpr std::uint64_t kTerminating = [] {
    std::uint64_t mask = 0;
    constexpr unsigned kSignals[] = {1, 2, 3, 10, 12, 14, 15, 16, 24, 25, 26, 27, 29, 30};
    for (const unsigned signal : kSignals) mask |= std::uint64_t{1} << (signal - 1);
    return mask;
}();

/// True in create and run, false in exec.
bool waits_for_start(const Context& context) {
    return context.step_index + 1 < context.plan->step_count &&
           context.step[1].kind == plan::Kind::barrier;
}

Outcome block_terminating() {
    constexpr int kBlock = 0;
    return call(__NR_rt_sigprocmask, kBlock, &kTerminating, nullptr, sizeof kTerminating);
}

}  // namespace

Outcome tell_ready(Context& context) {
    // Before the container exists for others: the kernel keeps a signal that comes from now on.
    if (waits_for_start(context)) {
        TRY(block_terminating());
        context.signals =
            Owned(TRY(call(__NR_signalfd4, -1, &kTerminating, sizeof kTerminating, kCloseOnExec)));
    }
    TRY(send(context.control.get(), report_of(context, plan::Say::ready, {})));
    TRY(read_answer(context.control.get()));
    context.control.reset();
    // A container that waits for start keeps no descriptor of the host that it does not need.
    context.null.reset();
    context.empty.reset();
    forget_mounts(context);
    return {};
}

Outcome wait_for_start(Context& context, const plan::Barrier& step) {
    constexpr int kSetMask = 2;
    const Owned signals(static_cast<Owned&&>(context.signals));
    PollEntry poll[2] = {{context.slot(step.fifo), kReadable, 0}, {signals.get(), kReadable, 0}};
    Outcome woken;
    do {
        // lint: allow wait: a created container waits for start, or for the signal that ends it.
        woken = call(__NR_ppoll, poll, 2, nullptr, nullptr, 0);
    } while (woken.error() == kInterrupted);
    TRY(woken);
    if (poll[1].happened != 0) end_by_signal(signals.get());
    char go = 0;
    Outcome length;
    do {
        length = call(__NR_read, context.slot(step.fifo), &go, 1);
    } while (length.error() == kInterrupted);
    TRY(length);
    const std::uint64_t none = 0;
    return call(__NR_rt_sigprocmask, kSetMask, &none, nullptr, sizeof none);
}

}  // namespace crux::init

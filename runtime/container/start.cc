#include "runtime/container/start.h"

#include <poll.h>

#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/container/delete.h"
#include "runtime/container/notify_socket.h"
#include "runtime/container/operations.h"
#include "runtime/hooks/run.h"
#include "runtime/plan/describe.h"
#include "runtime/plan/layout.h"
#include "runtime/sys/directory.h"
#include "runtime/sys/file.h"
#include "runtime/sys/poll.h"

namespace crux::container {

namespace {

std::unexpected<Error> wrong_state(oci::Status status) {
    switch (status) {
        case oci::Status::running:
            return fail(Error::Kind::state, "cannot start an already running container");
        case oci::Status::paused:
            return fail(Error::Kind::state, "cannot start a container in the paused state");
        case oci::Status::creating:
        case oci::Status::created:
        case oci::Status::stopped:
            break;
    }
    return fail(Error::Kind::state, "cannot start a container that has stopped");
}

/// What init left in the FIFO when a step behind the barrier failed: a startContainer hook, or the
/// filter. Our own end keeps the bytes alive.
Status read_failure(const StateDirectory& state) {
    const sys::Fd fifo =
        TRY(sys::openat(state.directory(), kFifoName, O_RDONLY | O_NONBLOCK | O_NOFOLLOW));
    plan::InitReport report = {};
    auto length = sys::read(fifo, {reinterpret_cast<char*>(&report), sizeof report});
    if (!length || *length < plan::kReportHead) return {};
    if (report.step == plan::kNoHook)
        return fail(Error::Kind::os,
                    cat("error during container init: ", plan::call_name(report.call), ": ",
                        errno_words(report.error)));
    const StoredConfig stored = TRY(stored_config(state));
    const oci::Config& config = stored.config;
    if (report.step >= config.hooks.start_container.size())
        return fail(Error::Kind::protocol, "init failed behind the barrier");
    const oci::Hook& hook = config.hooks.start_container[report.step];
    return std::unexpected(
        plan::hook_failure_sentence(
            {"startContainer", report.step, hook.path, hook.timeout.value_or(0)}, report)
            .during("error during container init"));
}

/// What follows when init has become the program.
Status end_barrier(const ExistingContainer& container, const Barrier& barrier) {
    TRY(barrier.wait_for_exec(container));
    Status failure = read_failure(container.state);
    TRY(sys::unlinkat(container.state.directory(), kFifoName).during("remove exec.fifo"));
    return failure;
}

Status run_poststart(const Context& context, const ExistingContainer& container) {
    if (!container.record.has_poststart) return {};
    const StoredConfig stored = TRY(stored_config(container.state));
    const oci::Config& config = stored.config;
    oci::State document = TRY(state_of(container));
    document.pid = container.record.init_process_pid;
    const std::string state_text = oci::hook_state_json(document);
    TRY(hooks::run_all("poststart", config.hooks.poststart, {state_text, container.record.bundle})
            .at("/hooks/poststart"));
    for (const oci::Hook& hook : config.hooks.poststart)
        log_act(context.step_log, "hook", hook.path);
    return {};
}

/// The end of the life cycle that the specification wants after a failed start: stop, destroy,
/// poststop.
Status destroyed_after(Status failure, const Context& context, const ExistingContainer& container) {
    const Status destroyed = destroy(context, container);
    if (!destroyed) context.warn(destroyed.error().message());
    return failure;
}

}  // namespace

Result<Barrier> Barrier::open(const StateDirectory& state) {
    auto opened = sys::openat(state.directory(), kFifoName, O_WRONLY | O_NONBLOCK | O_NOFOLLOW);
    if (!opened && opened.error().value == ENXIO)
        return fail(Error::Kind::state, "container process is already dead");
    return Barrier(TRY(std::move(opened).during("open exec.fifo")));
}

Status Barrier::release() const {
    return sys::write_all(fifo_, std::string_view("\0", 1)).during("write exec.fifo");
}

Status Barrier::wait_for_exec(const ExistingContainer& container) const {
    constexpr int kLookMs = 1000;
    for (;;) {
        const short events = TRY(sys::poll_one(fifo_, 0, kLookMs));
        // exec closed init's end, or init ended.
        if ((events & (POLLERR | POLLHUP)) != 0) return {};
        // startContainer hooks may take their time; a container that was frozen meanwhile may not.
        if (TRY(status_of(container)) == oci::Status::paused)
            return fail(Error::Kind::state, "the container was paused before its program ran");
    }
}

Status finish_start(const Context& context, const ExistingContainer& container,
                    const Barrier& barrier) {
    Status finished = end_barrier(container, barrier);
    if (finished) finished = run_poststart(context, container);
    if (finished) return {};
    return destroyed_after(std::move(finished), context, container);
}

namespace {

/// Lets init pass the barrier; on failure the container is destroyed.
Result<Barrier> pass_barrier(const Context& context, const ExistingContainer& container) {
    const auto opened_and_released = [&]() -> Result<Barrier> {
        Barrier barrier = TRY(Barrier::open(container.state));
        TRY(barrier.release());
        return barrier;
    };
    auto barrier = opened_and_released();
    if (barrier) return barrier;
    Status failure = std::unexpected(std::move(barrier).error());
    return std::unexpected(destroyed_after(std::move(failure), context, container).error());
}

}  // namespace

Status start(const Context& context) {
    const ExistingContainer container = TRY(load(context));
    TRY(container.state.lock());
    const oci::Status status = TRY(status_of(container));
    if (status != oci::Status::created) return wrong_state(status);
    if (!container.record.has_process)
        return fail(Error::Kind::state, "process property must not be empty");
    const std::optional<sys::Pidfd> init = TRY(live_init(container.record));
    std::optional<NotifyProxy> notify = TRY(NotifyProxy::open(container.state));
    const Barrier barrier = TRY(pass_barrier(context, container));
    TRY(finish_start(context, container, barrier));
    if (!notify || !init) return {};
    // The program may take its time to be ready: other commands need not wait for that.
    container.state.unlock();
    return notify->wait(*init, container.record.init_process_pid);
}

}  // namespace crux::container

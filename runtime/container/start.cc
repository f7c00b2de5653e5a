#include "runtime/container/start.h"

#include <poll.h>

#include <array>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/container/delete.h"
#include "runtime/container/last_wait.h"
#include "runtime/container/notify_socket.h"
#include "runtime/container/operations.h"
#include "runtime/container/peer.h"
#include "runtime/hooks/run.h"
#include "runtime/launch/message.h"
#include "runtime/plan/describe.h"
#include "runtime/plan/layout.h"
#include "runtime/sys/directory.h"
#include "runtime/sys/file.h"
#include "runtime/sys/poll.h"

namespace crux::container {

namespace {

/// runc's words.
constexpr const char* kAlreadyDead = "container process is already dead";

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

/// A failure for which the container is destroyed.
std::unexpected<StartFailure> ending(Error error) {
    StartFailure failure(std::move(error));
    failure.ends_container = true;
    return std::unexpected(std::move(failure));
}

/// What init left in the FIFO when a step behind the barrier failed: a startContainer hook, or the
/// filter; empty if nothing. Our own end keeps the bytes alive.
Result<std::string> read_late(const StateDirectory& state) {
    const sys::Fd fifo =
        TRY(sys::openat(state.directory(), kFifoName, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
                .during(cat("open ", state.path_of(kFifoName))));
    std::array<char, sizeof(plan::InitReport) + 1> bytes = {};
    auto length = sys::read(fifo, bytes);
    if (!length && length.error().value == EAGAIN) return std::string();
    const std::size_t count = TRY(std::move(length).during(cat("read ", state.path_of(kFifoName))));
    return std::string(bytes.data(), count);
}

/// The failure of a step after the hooks: of the filter, or of what the filter must allow.
Error last_failure(const plan::InitReport& report) {
    const std::string_view call = plan::call_name(report.call);
    Error error(Error::Kind::os, cat(call, ": ", errno_words(report.error)));
    if (call == "capset") error = std::move(error).during("the seccomp profile denies capset");
    return std::move(error).as(Reason::seccomp).of_call(call, report.error).at("/linux/seccomp");
}

/// The failure that these bytes report; nothing if they report none.
Result<std::optional<Error>> late_failure(const ExistingContainer& container,
                                          std::string_view bytes) {
    if (bytes.size() <= 1) return std::optional<Error>();
    const StoredConfig stored = TRY(stored_config(container));
    const std::vector<oci::Hook>& hooks = stored.config.hooks.start_container;
    auto read = launch::read_late_report(bytes, hooks.size());
    // Whatever it is, init wrote it because it failed.
    if (!read) return std::optional(std::move(read).error());
    if (!*read) return std::optional<Error>();
    const plan::InitReport& report = **read;
    constexpr const char* kDoing = "error during container init";
    if (report.step == plan::kNoHook) return std::optional(last_failure(report).during(kDoing));
    const oci::Hook& hook = hooks[report.step];
    return std::optional(
        plan::hook_failure_sentence(
            {"startContainer", report.step, hook.path, hook.timeout.value_or(0)}, report)
            .during(kDoing));
}

/// What follows when init has become the program.
Result<void, StartFailure> end_barrier(const Context& context, const ExistingContainer& container,
                                       const Barrier& barrier) {
    TRY(barrier.wait_for_exec(container));
    const std::string late = TRY(read_late(container.state));
    std::optional<Error> failure = TRY(late_failure(container, late));
    if (failure) return ending(std::move(*failure));
    auto removed = sys::unlinkat(container.state.directory(), kFifoName);
    // The program runs, and a FIFO that nobody reads does not hide that.
    if (!removed) {
        const std::string doing = cat("remove ", container.state.path_of(kFifoName));
        context.warn(Error(removed.error()).during(doing).message());
    }
    return {};
}

Result<void, StartFailure> run_poststart(const Context& context,
                                         const ExistingContainer& container) {
    if (!container.record.has_poststart) return {};
    const StoredConfig stored = TRY(stored_config(container));
    const oci::Config& config = stored.config;
    oci::State document = TRY(state_of(container));
    document.pid = container.record.init_process_pid;
    const std::string state_text = oci::hook_state_json(document);
    Status done =
        hooks::run_all("poststart", config.hooks.poststart, {state_text, container.record.bundle})
            .at("/hooks/poststart");
    if (!done) return ending(std::move(done).error());
    for (const oci::Hook& hook : config.hooks.poststart)
        log_act(context.step_log, "hook", hook.path);
    return {};
}

}  // namespace

Result<Barrier> Barrier::open(const StateDirectory& state) {
    auto opened = sys::openat(state.directory(), kFifoName, O_WRONLY | O_NONBLOCK | O_NOFOLLOW);
    if (!opened && opened.error().value == ENXIO) return fail(Error::Kind::state, kAlreadyDead);
    return Barrier(TRY(std::move(opened).during(cat("open ", state.path_of(kFifoName)))));
}

Status Barrier::release() const {
    Status written = sys::write_all(fifo_, std::string_view("\0", 1)).during("write exec.fifo");
    if (!written && written.error().code() == EPIPE) return fail(Error::Kind::state, kAlreadyDead);
    return written;
}

Status Barrier::wait_for_exec(const ExistingContainer& container) const {
    constexpr int kLookMs = 1000;
    for (bool is_long = false;; is_long = true) {
        std::optional<privilege::Lowered> lowered;
        if (is_long) lowered.emplace(privilege::kForSignals);
        const short events = TRY(sys::poll_one(fifo_, 0, kLookMs));
        lowered.reset();
        // exec closed init's end, or init ended.
        if ((events & (POLLERR | POLLHUP)) != 0) return {};
        // startContainer hooks may take their time; a container that was frozen meanwhile may not.
        if (TRY(status_of(container)) == oci::Status::paused)
            return fail(Error::Kind::state, "the container was paused before its program ran");
    }
}

Result<void, StartFailure> finish_start(const Context& context, const ExistingContainer& container,
                                        const Barrier& barrier) {
    TRY(end_barrier(context, container, barrier));
    return run_poststart(context, container);
}

Error destroyed_after(StartFailure failure, const Context& context,
                      const ExistingContainer& container) {
    const Status destroyed = destroy(context, container);
    if (!destroyed) context.warn(destroyed.error().message());
    return std::move(failure.error);
}

Status start(const Context& context) {
    const ExistingContainer container = TRY(load_locked(context));
    TRY(refuse_peer(container.record, "start"));
    const oci::Status status = TRY(status_of(container));
    if (status != oci::Status::created) return wrong_state(status);
    if (!container.record.has_process)
        return fail(Error::Kind::state, "process property must not be empty");
    const std::optional<sys::Pidfd> init = TRY(live_init(container.record));
    std::optional<NotifyProxy> notify = TRY(NotifyProxy::open(container.state));
    const Barrier barrier = TRY(Barrier::open(container.state));
    TRY(barrier.release());
    auto finished = finish_start(context, container, barrier);
    if (!finished && finished.error().ends_container)
        return std::unexpected(destroyed_after(std::move(finished).error(), context, container));
    if (!finished) return std::unexpected(std::move(finished).error().error);
    if (!notify || !init) return {};
    // The program may take its time to be ready: other commands need not wait for that.
    container.state.unlock();
    prepare_last_wait(context, {}, privilege::Bounding::clear);
    return notify->wait(*init, container.record.init_process_pid);
}

}  // namespace crux::container

#include "runtime/container/start.h"

#include <poll.h>
#include <sys/file.h>

#include <cerrno>

#include "oci-spec/config.h"
#include "runtime/base/text.h"
#include "runtime/container/delete.h"
#include "runtime/container/notify_socket.h"
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

/// Waits until the FIFO has no reader any more: exec closed init's end, or init ended.
Status wait_for_exec(sys::FdRef fifo, const ExistingContainer& container) {
    constexpr int kLookMs = 1000;
    for (;;) {
        const short events = TRY(sys::poll_one(fifo, 0, kLookMs));
        if ((events & (POLLERR | POLLHUP)) != 0) return {};
        // startContainer hooks may take their time; a container that somebody froze meanwhile may
        // not.
        if (TRY(status_of(container)) == oci::Status::paused)
            return fail(Error::Kind::state, "the container was paused before its program ran");
    }
}

/// What init left in the FIFO when a step behind the barrier failed: a startContainer hook, or the
/// filter. Our own end keeps the bytes alive.
Status read_failure(const StateDirectory& state) {
    const sys::Fd fifo =
        TRY(sys::openat(state.directory(), kFifoName, O_RDONLY | O_NONBLOCK | O_NOFOLLOW));
    plan::InitReport report;
    auto length = sys::read(fifo, {reinterpret_cast<char*>(&report), sizeof report});
    if (!length || *length < plan::kReportHead) return {};
    if (report.step == plan::kNoHook)
        return fail(Error::Kind::os,
                    cat("error during container init: ", plan::call_name(report.call), ": ",
                        errno_words(report.error)));
    const std::string text =
        TRY(sys::read_file(state.directory(), kConfigName).during("read config.json"));
    const oci::Parsed parsed = oci::parse_config(text);
    if (report.step >= parsed.config.hooks.start_container.size())
        return fail(Error::Kind::protocol, "init failed behind the barrier");
    const oci::Hook& hook = parsed.config.hooks.start_container[report.step];
    return std::unexpected(
        plan::hook_failure_sentence(
            {"startContainer", report.step, hook.path, hook.timeout.value_or(0)}, report)
            .during("error during container init"));
}

Status release_barrier(const ExistingContainer& container) {
    const StateDirectory& state = container.state;
    auto opened = sys::openat(state.directory(), kFifoName, O_WRONLY | O_NONBLOCK | O_NOFOLLOW);
    if (!opened && opened.error().value == ENXIO)
        return fail(Error::Kind::state, "container process is already dead");
    const sys::Fd fifo = TRY(std::move(opened).during("open exec.fifo"));
    TRY(sys::write_all(fifo, std::string_view("\0", 1)).during("write exec.fifo"));
    TRY(wait_for_exec(fifo, container));
    Status failure = read_failure(state);
    TRY(sys::unlinkat(state.directory(), kFifoName).during("remove exec.fifo"));
    return failure;
}

Status run_poststart(const ExistingContainer& container) {
    if (!container.record.has_poststart) return {};
    const std::string text =
        TRY(sys::read_file(container.state.directory(), kConfigName).during("read config.json"));
    const oci::Parsed parsed = oci::parse_config(text);
    oci::State document = TRY(state_of(container));
    document.pid = container.record.init_process_pid;
    const std::string state_text = oci::hook_state_json(document);
    return hooks::run_all("poststart", parsed.config.hooks.poststart,
                          {state_text, container.record.bundle})
        .at("/hooks/poststart");
}

}  // namespace

Status start_existing(const ExistingContainer& container, Warnings& warnings) {
    Status started = release_barrier(container);
    if (started) started = run_poststart(container);
    if (started) return {};
    // The spec goes on with the end of the life cycle: stop, destroy, poststop.
    Status destroyed = destroy(container, warnings);
    if (!destroyed) warnings.push_back(destroyed.error().message());
    return started;
}

Status start(const StateRoot& place, std::string_view id, Warnings& warnings) {
    const ExistingContainer container = TRY(load(place, id));
    TRY(container.state.lock());
    const oci::Status status = TRY(status_of(container));
    if (status != oci::Status::created) return wrong_state(status);
    if (!container.record.has_process)
        return fail(Error::Kind::state, "process property must not be empty");
    const std::optional<sys::Pidfd> init = TRY(live_init(container.record));
    std::optional<NotifyProxy> notify = TRY(NotifyProxy::open(container.state));
    TRY(start_existing(container, warnings));
    if (!notify || !init) return {};
    // Getting ready may take its time, which is nobody's else.
    container.state.unlock();
    return notify->wait(*init, container.record.init_process_pid);
}

}  // namespace crux::container

#include <sys/prctl.h>
#include <unistd.h>

#include "runtime/console/supervise.h"
#include "runtime/container/create.h"
#include "runtime/container/delete.h"
#include "runtime/container/notify.h"
#include "runtime/container/start.h"

namespace crux::container {

namespace {

/// What the foreground holds of its own side: its terminal, where the container wants one, and the
/// signals that it passes on.
struct Foreground {
    std::optional<console::Terminal> terminal;
    sys::SocketFd theirs;
    std::optional<console::Signals> signals;
};

Result<Foreground> open_foreground(const Bundle& bundle, const RunOptions& options) {
    Foreground foreground;
    if (options.detach) return foreground;
    const bool wanted = bundle.config.process && bundle.config.process->terminal;
    if (wanted && options.console_socket.empty()) {
        foreground.terminal.emplace(TRY(console::Terminal::open()));
        foreground.theirs = foreground.terminal->take_socket();
    }
    // Orphans of a container without a pid namespace become ours, and are not left to whoever
    // started us.
    if (!options.no_subreaper)
        TRY(sys::prctl(PR_SET_CHILD_SUBREAPER, 1).during("become a subreaper"));
    foreground.signals.emplace(TRY(console::Signals::open()));
    return foreground;
}

Result<std::optional<NotifyProxy>> ready_to_begin(const Loaded& container, Foreground& foreground) {
    if (foreground.terminal) TRY(foreground.terminal->receive(kTerminalMs));
    return NotifyProxy::open(container.state);
}

/// Takes the terminal and lets the program run; on failure the container is gone.
Result<std::optional<NotifyProxy>> begin(const Loaded& container, Foreground& foreground,
                                         Warnings& warnings) {
    auto notify = ready_to_begin(container, foreground);
    if (notify) {
        TRY(start_loaded(container, warnings));
        return notify;
    }
    Status destroyed = destroy(container, warnings);
    if (!destroyed) warnings.push_back(destroyed.error().message());
    return notify;
}

/// In the foreground it is us that the service manager looks after.
console::Aside aside_of(NotifyProxy& notify) {
    return {.file = notify.file(),
            .serve =
                [](void* whom) {
                    auto ready = static_cast<NotifyProxy*>(whom)->serve(::getpid());
                    return ready && !*ready;
                },
            .whom = &notify};
}

/// Removes the container, unless somebody else did while the program ran.
Status end(const Loaded& container, Warnings& warnings) {
    Status locked = container.state.lock();
    if (!locked && is_missing(locked.error())) return {};
    TRY(std::move(locked));
    return destroy(container, warnings);
}

}  // namespace

Result<int> run(const Place& place, std::string_view id, const RunOptions& options,
                Warnings& warnings) {
    Bundle bundle = TRY(read_bundle(options.bundle));
    Foreground foreground = TRY(open_foreground(bundle, options));
    const CreatedProcess created =
        TRY(create_process(place, id, std::move(bundle), options, foreground.theirs, warnings));
    foreground.theirs.reset();
    const Loaded container = TRY(load(place, id));
    TRY(container.state.lock());
    std::optional<NotifyProxy> notify = TRY(begin(container, foreground, warnings));
    container.state.unlock();
    if (options.detach) {
        if (notify) TRY(notify->wait(created.pidfd, created.pid));
        return 0;
    }
    const sys::ExitStatus ended =
        TRY(console::supervise(created.pid, created.pidfd, *foreground.signals,
                               foreground.terminal ? &*foreground.terminal : nullptr,
                               notify ? aside_of(*notify) : console::Aside{}));
    if (!options.keep) TRY(end(container, warnings));
    return ended.code();
}

}  // namespace crux::container

#include "runtime/container/foreground.h"

#include <sys/prctl.h>
#include <unistd.h>

#include "runtime/console/supervise.h"
#include "runtime/container/delete.h"

namespace crux::container {

namespace {

/// In the foreground it is us that the service manager looks after.
console::ExtraPoll aside_of(NotifyProxy& notify) {
    return {.file = notify.file(),
            .serve =
                [](void* whom) {
                    auto ready = static_cast<NotifyProxy*>(whom)->serve(::getpid());
                    return ready && !*ready;
                },
            .whom = &notify};
}

/// Removes the container, unless somebody else did while the program ran.
Status end(const ExistingContainer& container, Warnings& warnings) {
    Status locked = container.state.lock();
    if (!locked && is_missing(locked.error())) return {};
    TRY(std::move(locked));
    return destroy(container, warnings);
}

}  // namespace

Result<Foreground> open_foreground(const Bundle& bundle, const RunOptions& options) {
    Foreground foreground;
    if (options.detach) return foreground;
    const bool wanted = bundle.config.process && bundle.config.process->terminal;
    if (wanted && options.console_socket.empty()) {
        foreground.terminal.emplace(TRY(console::PtyMaster::open()));
        foreground.theirs = foreground.terminal->take_socket();
    }
    // Orphans of a container without a pid namespace become ours, and are not left to whoever
    // started us.
    if (!options.no_subreaper)
        TRY(sys::prctl(PR_SET_CHILD_SUBREAPER, 1).during("become a subreaper"));
    foreground.signals.emplace(TRY(console::Signals::open()));
    return foreground;
}

Result<int> stay(const ExistingContainer& container, const CreatedProcess& process,
                 Foreground& foreground, NotifyProxy* notify, Keep keep, Warnings& warnings) {
    const sys::ExitStatus ended =
        TRY(console::supervise(process.pid, process.pidfd, *foreground.signals,
                               foreground.terminal ? &*foreground.terminal : nullptr,
                               notify != nullptr ? aside_of(*notify) : console::ExtraPoll{}));
    if (keep == Keep::no) TRY(end(container, warnings));
    return ended.code();
}

}  // namespace crux::container

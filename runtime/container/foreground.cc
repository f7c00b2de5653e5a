#include "runtime/container/foreground.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>

#include "runtime/base/text.h"
#include "runtime/container/delete.h"
#include "runtime/container/last_wait.h"

namespace crux::container {

namespace {

/// In the foreground this process is the service manager's main process.
console::ExtraPoll extra_poll_of(NotifyProxy& notify) {
    return {.fd = notify.file(),
            .on_readable =
                [](void* context) {
                    auto ready = static_cast<NotifyProxy*>(context)->serve(::getpid());
                    return ready && !*ready;
                },
            .context = &notify};
}

/// Removes the container, unless another command did while the program ran.
Status end(const Context& context, const ExistingContainer& container) {
    Status locked = container.state.lock();
    if (!locked && is_missing(locked.error())) return {};
    TRY(std::move(locked));
    return destroy(context, container);
}

/// The kernel ends a program that is out of memory with SIGKILL, as if someone had sent it.
void tell_out_of_memory(const Context& context, const ExistingContainer& container, int status) {
    constexpr int kKilled = 128 + SIGKILL;
    if (status != kKilled) return;
    auto group = group_of(container);
    if (!group) return;
    auto kills = group->oom_kills();
    if (!kills || *kills == 0) return;
    context.warn(cat("the container was out of memory: the kernel killed ", *kills,
                     *kills == 1 ? " process" : " processes",
                     " (config.json: /linux/resources/memory/limit)"));
}

/// Gives up for good what is not needed after the program's end: nothing is for a container that is
/// kept, and all is for hooks.
void give_up_for_good(const Context& context, const ExistingContainer& container, Keep keep) {
    if (keep == Keep::yes)
        prepare_last_wait(context, privilege::kForSignals, privilege::Bounding::keep);
    else if (!container.record.has_poststop)
        privilege::give_up(privilege::kForRemoval, privilege::Rest::anything);
    else
        privilege::hide();
}

}  // namespace

Result<Foreground> Foreground::open(Wanted wanted) {
    Foreground foreground;
    if (wanted.detach) return foreground;
    if (wanted.terminal) {
        foreground.terminal.emplace(TRY(console::PtyMaster::open()));
        foreground.theirs = foreground.terminal->take_socket();
    } else {
        foreground.pipes.emplace(TRY(console::StreamPipes::open()));
    }
    foreground.signals.emplace(TRY(console::Signals::open()));
    return foreground;
}

ForegroundEnds Foreground::ends() const {
    ForegroundEnds ends;
    ends.terminal = theirs;
    if (pipes) ends.streams = pipes->theirs();
    return ends;
}

Status Foreground::take_over() {
    constexpr int kTerminalMs = 10'000;
    theirs.reset();
    if (pipes) pipes->close_theirs();
    if (!terminal) return {};
    return terminal->receive(kTerminalMs);
}

Result<int> Foreground::supervise(const InitProcess& process, console::ExtraPoll extra) {
    console::Traffic* traffic = terminal ? &*terminal : nullptr;
    if (pipes && !pipes->empty()) traffic = &*pipes;
    const sys::ExitStatus ended =
        TRY(console::supervise(process.pid, process.pidfd, *signals, traffic, extra));
    return ended.code();
}

Result<Foreground> open_foreground(const Bundle& bundle, const RunOptions& options) {
    // Orphans of a container without a pid namespace become ours, and are not left to whichever
    // process started this one.
    if (!options.detach && !options.no_subreaper)
        TRY(sys::prctl(PR_SET_CHILD_SUBREAPER, 1).during("become a subreaper"));
    const bool terminal = bundle.config.process && bundle.config.process->terminal;
    return Foreground::open(
        {.detach = options.detach, .terminal = terminal && options.console_socket.empty()});
}

Result<int> stay(const Context& context, const CreatedContainer& created, Foreground& foreground,
                 NotifyProxy* notify, Keep keep) {
    give_up_for_good(context, created.container, keep);
    std::optional<privilege::Lowered> lowered(std::in_place, privilege::kForSignals);
    auto status = foreground.supervise(
        created.init, notify != nullptr ? extra_poll_of(*notify) : console::ExtraPoll{});
    lowered.reset();
    if (keep == Keep::yes) return status;
    if (status) tell_out_of_memory(context, created.container, *status);
    Status ended = end(context, created.container);
    // Why it could not be watched is what the user must read.
    if (status) TRY(std::move(ended));
    return status;
}

}  // namespace crux::container

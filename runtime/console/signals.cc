#include "runtime/console/signals.h"

#include <signal.h>

#include <utility>

namespace crux::console {

Result<Signals> Signals::open() {
    const sigset_t all = sys::all_signals_but({});
    // The caller may have set SIGCHLD to ignored, and then wait would have nothing to report.
    TRY(sys::set_disposition(SIGCHLD, SIG_DFL));
    const sigset_t before = TRY(sys::sigprocmask(SIG_BLOCK, all));
    Signals signals(before, true);
    signals.fd_ = TRY(sys::signalfd(all));
    return signals;
}

Signals::Signals(Signals&& other) noexcept
    : before_(other.before_),
      active_(std::exchange(other.active_, false)),
      fd_(std::move(other.fd_)) {}

Signals::~Signals() {
    if (!active_) return;
    // A SIGPIPE from our own write to a closed pipe must not end crux now: ignoring the signal
    // drops a pending one.
    auto action = sys::set_disposition(SIGPIPE, SIG_IGN);
    (void)sys::sigprocmask(SIG_SETMASK, before_);
    if (action) (void)::sigaction(SIGPIPE, &*action, nullptr);
}

}  // namespace crux::console

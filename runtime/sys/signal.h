#pragma once

#include <signal.h>
#include <sys/signalfd.h>

#include <initializer_list>
#include <optional>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"

namespace crux::sys {

/// The set of these signals.
sigset_t signal_set(std::initializer_list<int> signals) noexcept;
/// The set of all signals except these.
sigset_t all_signals_but(std::initializer_list<int> signals) noexcept;

/// sigprocmask(2): SIG_BLOCK, SIG_UNBLOCK or SIG_SETMASK; the mask before.
Result<sigset_t, Errno> sigprocmask(int how, const sigset_t& set) noexcept;
/// signalfd(2), close-on-exec and non-blocking, for signals that are blocked already.
Result<Fd, Errno> signalfd(const sigset_t& set) noexcept;
/// The next pending signal of a signalfd, or nothing.
Result<std::optional<struct ::signalfd_siginfo>, Errno> read_signal(FdRef signals) noexcept;
/// sigaction(2) with SIG_IGN or SIG_DFL; the action before.
Result<struct ::sigaction, Errno> set_disposition(int signal, sighandler_t disposition) noexcept;

/// Blocks signals; the destructor restores the previous mask.
class [[nodiscard]] BlockedSignals {
 public:
    explicit BlockedSignals(const sigset_t& set) noexcept;
    BlockedSignals(const BlockedSignals&) = delete;
    BlockedSignals& operator=(const BlockedSignals&) = delete;
    ~BlockedSignals();

    /// The previous mask, to be restored in a child that is started meanwhile.
    [[nodiscard]] const sigset_t& before() const noexcept { return before_; }

 private:
    sigset_t before_;
};

}  // namespace crux::sys

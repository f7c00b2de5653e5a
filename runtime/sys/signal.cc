#include "runtime/sys/signal.h"

#include <unistd.h>

#include "runtime/sys/checked.h"

namespace crux::sys {

sigset_t signal_set(std::initializer_list<int> signals) noexcept {
    sigset_t set;
    ::sigemptyset(&set);
    for (int signal : signals) ::sigaddset(&set, signal);
    return set;
}

sigset_t all_signals_but(std::initializer_list<int> signals) noexcept {
    sigset_t set;
    ::sigfillset(&set);
    for (int signal : signals) ::sigdelset(&set, signal);
    return set;
}

Result<sigset_t, Errno> sigprocmask(int how, const sigset_t& set) noexcept {
    sigset_t before;
    TRY(detail::done("sigprocmask", [&] { return ::sigprocmask(how, &set, &before); }));
    return before;
}

Result<Fd, Errno> signalfd(const sigset_t& set) noexcept {
    return detail::owned<Fd>("signalfd",
                             [&] { return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK); });
}

Result<std::optional<struct ::signalfd_siginfo>, Errno> read_signal(FdRef signals) noexcept {
    struct ::signalfd_siginfo info = {};
    auto count =
        detail::checked("read", [&] { return ::read(signals.get(), &info, sizeof(info)); });
    if (count) return info;
    if (count.error().value == EAGAIN) return std::nullopt;
    return std::unexpected(count.error());
}

Result<struct ::sigaction, Errno> set_disposition(int signal, sighandler_t disposition) noexcept {
    struct ::sigaction wanted = {};
    struct ::sigaction before = {};
    wanted.sa_handler = disposition;
    TRY(detail::done("sigaction", [&] { return ::sigaction(signal, &wanted, &before); }));
    return before;
}

BlockedSignals::BlockedSignals(const sigset_t& set) noexcept {
    ::sigemptyset(&before_);
    ::sigprocmask(SIG_BLOCK, &set, &before_);
}

BlockedSignals::~BlockedSignals() {
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace crux::sys

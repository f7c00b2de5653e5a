#include "runtime/sys/event.h"

#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>

#include "runtime/sys/checked.h"

namespace crux::sys {

Result<Fd, Errno> eventfd(unsigned initial) noexcept {
    return detail::owned<Fd>("eventfd",
                             [&] { return ::eventfd(initial, EFD_CLOEXEC | EFD_NONBLOCK); });
}

Result<std::uint64_t, Errno> read_eventfd(FdRef file) noexcept {
    std::uint64_t count = 0;
    if (::read(file.get(), &count, sizeof count) == sizeof count) return count;
    if (errno == EAGAIN) return std::uint64_t{0};
    return std::unexpected(Errno{"read", errno});
}

Result<Fd, Errno> timerfd(int after_ms) noexcept {
    constexpr int kMillisPerSecond = 1000;
    constexpr long kNanosPerMilli = 1'000'000;
    Fd timer = TRY(detail::owned<Fd>("timerfd_create", [] {
        return ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    }));
    struct ::itimerspec when = {};
    when.it_value.tv_sec = after_ms / kMillisPerSecond;
    when.it_value.tv_nsec = (after_ms % kMillisPerSecond) * kNanosPerMilli;
    TRY(detail::done("timerfd_settime",
                     [&] { return ::timerfd_settime(timer.get(), 0, &when, nullptr); }));
    return timer;
}

Result<Fd, Errno> inotify() noexcept {
    return detail::owned<Fd>("inotify_init",
                             [] { return ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK); });
}

Result<int, Errno> inotify_add_watch(FdRef file, ZString path, std::uint32_t events) noexcept {
    return detail::checked("inotify_add_watch",
                           [&] { return ::inotify_add_watch(file.get(), path.c_str(), events); });
}

}  // namespace crux::sys

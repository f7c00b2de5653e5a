#include "runtime/sys/poll.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>

#include "runtime/sys/time.h"

namespace crux::sys {

Result<int, Errno> poll(std::span<struct ::pollfd> entries, int timeout_ms) noexcept {
    constexpr std::uint64_t kNanosPerMilli = 1'000'000;
    const bool bounded = timeout_ms > 0;
    const std::uint64_t deadline =
        bounded ? monotonic_ns() + (static_cast<std::uint64_t>(timeout_ms) * kNanosPerMilli) : 0;
    int left = timeout_ms;
    for (;;) {
        int count = ::poll(entries.data(), entries.size(), left);
        if (count >= 0) return count;
        if (errno != EINTR) return std::unexpected(Errno{"poll", errno});
        if (!bounded) continue;
        std::uint64_t now = monotonic_ns();
        // Rounded up, so that the last fraction of a millisecond does not become a busy loop.
        std::uint64_t rest =
            now < deadline ? (deadline - now + kNanosPerMilli - 1) / kNanosPerMilli : 0;
        left = static_cast<int>(std::min<std::uint64_t>(rest, std::numeric_limits<int>::max()));
    }
}

Result<short, Errno> poll_one(FdRef file, short events, int timeout_ms) noexcept {
    struct ::pollfd entry = {.fd = file.get(), .events = events, .revents = 0};
    TRY(poll({&entry, 1}, timeout_ms));
    return entry.revents;
}

}  // namespace crux::sys

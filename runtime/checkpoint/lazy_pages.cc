#include "runtime/checkpoint/lazy_pages.h"

#include <poll.h>

#include <array>
#include <chrono>

#include "runtime/sys/event.h"
#include "runtime/sys/file.h"
#include "runtime/sys/poll.h"

namespace crux::checkpoint {

Status await_lazy_pages(sys::FdRef work, int timeout_ms) {
    using Clock = std::chrono::steady_clock;
    constexpr const char* kSocket = "lazy-pages.socket";
    const auto end = Clock::now() + std::chrono::milliseconds(timeout_ms);
    // Before the first check, so that a socket made between the two is not missed.
    const sys::Fd watch = TRY(sys::inotify().during("wait for criu lazy-pages"));
    TRY(sys::inotify_add_watch(watch, sys::FdPath(work), IN_CREATE)
            .during("watch work directory of criu"));
    while (!sys::fstatat(work, kSocket, AT_SYMLINK_NOFOLLOW)) {
        const auto rest =
            std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
        if (rest <= 0) break;
        std::array entries = {::pollfd{watch.get(), POLLIN, 0}};
        TRY(sys::poll(entries, static_cast<int>(rest)).during("wait for criu lazy-pages"));
        std::array<char, 4096> unread;
        (void)sys::read(watch, unread);
    }
    return {};
}

}  // namespace crux::checkpoint

#include "runtime/checkpoint/loopback.h"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "runtime/sys/namespace.h"
#include "runtime/sys/process.h"
#include "runtime/sys/socket.h"

namespace crux::checkpoint {

namespace {

Result<void, Errno> set_up_here() {
    const sys::SocketFd socket = TRY(sys::socket(AF_INET, SOCK_DGRAM));
    struct ::ifreq request = {};
    std::ranges::copy(std::string_view("lo"), request.ifr_name);
    if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) < 0)
        return std::unexpected(Errno{"ioctl", errno});
    request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
    if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) < 0)
        return std::unexpected(Errno{"ioctl", errno});
    return {};
}

}  // namespace

Status set_up_loopback(pid_t pid) {
    constexpr const char* kDoing = "set up the loopback interface";
    const sys::NamespaceFd own = TRY(sys::open_own_namespace("net").during(kDoing));
    const sys::NamespaceFd theirs = TRY(sys::open_namespace(pid, "net").during(kDoing));
    TRY(sys::setns(theirs, CLONE_NEWNET).during(kDoing));
    auto done = set_up_here();
    TRY(sys::setns(own, CLONE_NEWNET).during("return to the host's network namespace"));
    return std::move(done).during(kDoing);
}

}  // namespace crux::checkpoint

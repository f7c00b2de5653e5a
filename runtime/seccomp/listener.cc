#include "runtime/seccomp/listener.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <span>

#include "runtime/base/text.h"
#include "runtime/sys/socket.h"

namespace crux::seccomp {
namespace {

constexpr int kPatienceMs = 10'000;

/// Whether the connect or a sendmsg timed out after kPatienceMs.
bool timed_out(const Errno& error) {
    return error.value == EAGAIN || error.value == ETIMEDOUT;
}

std::unexpected<Error> failed(const Errno& error) {
    if (timed_out(error))
        return fail(Error::Kind::os, cat("the seccomp agent did not receive it within ",
                                         kPatienceMs / 1000, " seconds"));
    return std::unexpected(Error(error));
}

}  // namespace

Result<sys::SocketFd> connect_listener(const std::string& path) {
    sys::SocketFd socket = TRY(sys::socket(AF_UNIX, SOCK_STREAM));
    const auto connected = sys::connect_unix(socket, path, kPatienceMs);
    if (connected) return socket;
    return Result<sys::SocketFd>(failed(connected.error()))
        .during(cat("failed to connect with seccomp agent at ", path))
        .at("/linux/seccomp/listenerPath");
}

Status send_listener(sys::FdRef socket, sys::FdRef listener, std::string_view state) {
    const std::array with_first{listener};
    std::span<const sys::FdRef> fds = with_first;
    while (!state.empty()) {
        const auto sent = sys::sendmsg(socket, state, fds);
        if (!sent)
            return Status(failed(sent.error()))
                .during("send the container process state to the seccomp agent")
                .at("/linux/seccomp/listenerPath");
        state.remove_prefix(*sent);
        fds = {};
    }
    return {};
}

}  // namespace crux::seccomp

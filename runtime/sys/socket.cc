#include "runtime/sys/socket.h"

#include <fcntl.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "runtime/base/text.h"
#include "runtime/sys/checked.h"
#include "runtime/sys/file.h"

namespace crux::sys {

using detail::checked;
using detail::done;
using detail::owned;

Result<SocketPair, Errno> socketpair(int type) noexcept {
    int ends[2] = {-1, -1};
    TRY(done("socketpair", [&] { return ::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends); }));
    return SocketPair{SocketFd(ends[0]), SocketFd(ends[1])};
}

Result<SocketFd, Errno> socket(int domain, int type, int protocol) noexcept {
    return owned<SocketFd>("socket",
                           [&] { return ::socket(domain, type | SOCK_CLOEXEC, protocol); });
}

namespace {

/// The address of a path, or nothing if it is too long (or empty, which would be abstract).
bool fill_address(struct ::sockaddr_un& address, std::string_view path) {
    address = {};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path)) return false;
    std::ranges::copy(path, address.sun_path);
    return true;
}

/// The length of an address: an abstract name ("@NAME", as service managers write it) has no
/// terminating NUL.
socklen_t length_of(struct ::sockaddr_un& address, std::string_view path) {
    if (!path.starts_with('@')) return sizeof(address);
    address.sun_path[0] = 0;
    return static_cast<socklen_t>(offsetof(struct ::sockaddr_un, sun_path) + path.size());
}

const struct ::sockaddr* generic(const struct ::sockaddr_un& address) {
    return reinterpret_cast<const struct ::sockaddr*>(&address);
}

}  // namespace

Result<void, Errno> connect_unix(FdRef socket, const std::string& path, int timeout_ms) noexcept {
    const struct ::timeval timeout = {.tv_sec = timeout_ms / 1000,
                                      .tv_usec = timeout_ms % 1000 * 1000L};
    TRY(done("setsockopt", [&] {
        return ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    }));
    struct ::sockaddr_un address = {};
    Fd target;
    if (!fill_address(address, path)) {
        target = TRY(openat(FdRef::cwd(), path, O_PATH));
        fill_address(address, FdPath(target).c_str());
    }
    const socklen_t length = target ? sizeof(address) : length_of(address, path);
    auto connected =
        done("connect", [&] { return ::connect(socket.get(), generic(address), length); });
    // The kernel's error after SO_SNDTIMEO (socket(7)).
    if (!connected && connected.error().value == EAGAIN) connected.error().value = ETIMEDOUT;
    return connected;
}

Result<void, Errno> bind_unix(FdRef socket, const std::string& path) noexcept {
    struct ::sockaddr_un address = {};
    Fd parent;
    if (!fill_address(address, path)) {
        std::size_t slash = path.rfind('/');
        if (slash == std::string::npos) return std::unexpected(Errno{"bind", ENAMETOOLONG});
        parent = TRY(openat(FdRef::cwd(), path.substr(0, slash + 1), O_PATH | O_DIRECTORY));
        std::string by_descriptor = cat(FdPath(parent).c_str(), path.substr(slash));
        if (!fill_address(address, by_descriptor))
            return std::unexpected(Errno{"bind", ENAMETOOLONG});
    }
    return done("bind", [&] { return ::bind(socket.get(), generic(address), sizeof(address)); });
}

namespace {

/// Space for one SCM_RIGHTS record, aligned for its header.
struct RightsBuffer {
    alignas(struct ::cmsghdr) std::array<char, CMSG_SPACE(kMaxMessageFds * sizeof(int))> bytes{};
};

}  // namespace

Result<std::size_t, Errno> sendmsg(FdRef socket, std::string_view bytes, std::span<const FdRef> fds,
                                   int flags) noexcept {
    if (fds.size() > kMaxMessageFds) return std::unexpected(Errno{"sendmsg", EINVAL});
    struct ::iovec part = {.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
    struct ::msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    RightsBuffer rights;
    if (!fds.empty()) {
        const std::size_t size = fds.size() * sizeof(int);
        message.msg_control = rights.bytes.data();
        message.msg_controllen = CMSG_SPACE(size);
        struct ::cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(size);
        std::array<int, kMaxMessageFds> numbers{};
        std::ranges::transform(fds, numbers.begin(), [](FdRef fd) { return fd.get(); });
        std::memcpy(CMSG_DATA(header), numbers.data(), size);
    }
    return checked("sendmsg",
                   [&] { return ::sendmsg(socket.get(), &message, flags | MSG_NOSIGNAL); });
}

Result<ReceivedMessage, Errno> recvmsg(FdRef socket, std::span<char> buffer, std::span<Fd> fds,
                                       int flags) noexcept {
    struct ::iovec part = {.iov_base = buffer.data(), .iov_len = buffer.size()};
    struct ::msghdr message = {};
    RightsBuffer rights;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = rights.bytes.data();
    message.msg_controllen = rights.bytes.size();
    ssize_t received = TRY(checked(
        "recvmsg", [&] { return ::recvmsg(socket.get(), &message, flags | MSG_CMSG_CLOEXEC); }));
    ReceivedMessage result;
    result.bytes = static_cast<std::size_t>(received);
    result.truncated = (message.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) != 0;
    for (struct ::cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(header) + (i * sizeof(int)), sizeof(int));
            Fd owner(number);
            if (result.fds < fds.size())
                fds[result.fds++] = std::move(owner);
            else
                result.truncated = true;
        }
    }
    return result;
}

}  // namespace crux::sys

#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"

namespace crux::sys {

/// Both ends of a socket pair.
struct SocketPair {
    SocketFd first;
    SocketFd second;
};

/// socketpair(2) of AF_UNIX with SOCK_CLOEXEC added: SOCK_STREAM, SOCK_SEQPACKET or SOCK_DGRAM.
Result<SocketPair, Errno> socketpair(int type) noexcept;
/// socket(2) with SOCK_CLOEXEC added.
Result<SocketFd, Errno> socket(int domain, int type, int protocol = 0) noexcept;

/// The default timeout of connect_unix.
inline constexpr int kConnectMs = 10'000;

/// Connects an AF_UNIX socket to a path of any length: a path longer than the 107 bytes of a
/// socket address is reached by an O_PATH descriptor. "@NAME" is in the abstract namespace
/// (unix(7)). The timeout in milliseconds becomes the socket's SO_SNDTIMEO: it limits the wait
/// while the listener's backlog is full (ETIMEDOUT), and the wait of each later sendmsg (EAGAIN).
Result<void, Errno> connect_unix(FdRef socket, const std::string& path,
                                 int timeout_ms = kConnectMs) noexcept;
/// Binds an AF_UNIX socket to a path whose last part has at most 80 bytes, the rest any length.
Result<void, Errno> bind_unix(FdRef socket, const std::string& path) noexcept;

/// The maximum number of descriptors in one message.
inline constexpr std::size_t kMaxMessageFds = 16;

/// sendmsg(2) with MSG_NOSIGNAL added: the bytes and, in one SCM_RIGHTS record, copies of the
/// descriptors. At least one byte where descriptors are sent. EINVAL for too many descriptors.
Result<std::size_t, Errno> sendmsg(FdRef socket, std::string_view bytes,
                                   std::span<const FdRef> fds = {}, int flags = 0) noexcept;

/// The result of one recvmsg(2).
struct ReceivedMessage {
    std::size_t bytes = 0;   ///< 0 is the end of the stream, or an empty packet
    std::size_t fds = 0;     ///< number of received descriptors
    bool truncated = false;  ///< bytes or descriptors did not fit and were lost
};

/// recvmsg(2) with MSG_CMSG_CLOEXEC added: fills the buffer, and the owners with the received
/// descriptors. Descriptors without an owner are closed, and truncated is set.
Result<ReceivedMessage, Errno> recvmsg(FdRef socket, std::span<char> buffer, std::span<Fd> fds = {},
                                       int flags = 0) noexcept;

}  // namespace crux::sys

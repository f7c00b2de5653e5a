#pragma once

#include <string>
#include <string_view>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"

namespace crux::seccomp {

/// Connects to the agent's socket (AF_UNIX, stream) at listenerPath, a path of the host. Every wait
/// on the socket, including this connect, times out after ten seconds.
Result<sys::SocketFd> connect_listener(const std::string& path);

/// Sends one container process state (JSON text) with the listener's descriptor as SCM_RIGHTS of
/// the first bytes (config-linux.md, The Container Process State). A connection carries exactly one
/// state: the caller closes the socket afterwards.
Status send_listener(sys::FdRef socket, sys::FdRef listener, std::string_view state);

}  // namespace crux::seccomp

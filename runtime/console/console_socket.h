#pragma once

#include <string>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"

namespace crux::console {

/// Connects to the AF_UNIX stream socket of --console-socket, whose path may have any length. Init
/// sends the pty master over it; nothing is read from it.
Result<sys::SocketFd> connect_console_socket(const std::string& path);

}  // namespace crux::console

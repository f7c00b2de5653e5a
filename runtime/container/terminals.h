#pragma once

#include <string>

#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/sys/handle.h"

/// Where a process's terminal goes.
namespace crux::container {

/// Refuses a terminal whose master no process receives, and a console socket without a terminal,
/// with the texts of runc. `served_here`: this process relays the terminal itself.
Status check_terminal(const oci::Process* process, const std::string& console_socket,
                      bool served_here);

/// Connects to the console socket; no descriptor for an empty path.
Result<sys::SocketFd> connect_console(const std::string& path);

}  // namespace crux::container

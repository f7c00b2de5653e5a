#pragma once

#include <sys/types.h>

#include <string>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"

namespace crux::container {

/// Writes a process id in decimal, without a line feed (callers parse the bare number), to
/// DIR/.NAME and renames it, so that a reader never sees a partial file.
Status write_pid_file(const std::string& path, pid_t pid);

/// Removes the pid file of a container that was not completed; does nothing for an empty path.
void remove_pid_file(const std::string& path);

/// Sends a pidfd over an AF_UNIX stream socket, with the payload that runc's --pidfd-socket has:
/// "standard" for a container's init, "setns" for a process of exec.
Status send_pidfd(const std::string& path, sys::FdRef pidfd, std::string_view payload);

}  // namespace crux::container

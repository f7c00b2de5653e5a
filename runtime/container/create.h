#pragma once

#include "runtime/container/operations.h"
#include "runtime/sys/handle.h"
#include "runtime/sys/process.h"

namespace crux::container {

/// A created container's init, for those who go on with it.
struct CreatedProcess {
    pid_t pid = 0;
    sys::Pidfd pidfd;
};

/// create, with a socket for the terminal's master where the foreground serves it (or none).
Result<CreatedProcess> create_process(const Place& place, std::string_view id,
                                      const CreateOptions& options, sys::FdRef terminal,
                                      Warnings& warnings);

}  // namespace crux::container

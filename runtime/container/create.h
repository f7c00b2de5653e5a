#pragma once

#include "runtime/container/operations.h"
#include "runtime/container/prepare.h"
#include "runtime/sys/handle.h"
#include "runtime/sys/process.h"

namespace crux::container {

/// A created container's init, for those who go on with it.
struct CreatedProcess {
    pid_t pid = 0;
    sys::Pidfd pidfd;
};

/// create from a bundle that was read, with a socket for the terminal's master where the foreground
/// serves it (or none).
Result<CreatedProcess> create_process(const StateRoot& place, std::string_view id, Bundle bundle,
                                      const CreateOptions& options, sys::FdRef terminal,
                                      Warnings& warnings);

}  // namespace crux::container

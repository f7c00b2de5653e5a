#pragma once

#include "runtime/container/transaction.h"
#include "runtime/launch/launch.h"
#include "runtime/sys/handle.h"

namespace crux::container {

/// A container that was created, with its lock held, and its first process.
struct CreatedContainer {
    ExistingContainer container;
    InitProcess init;
};

/// Takes the host's side of the container and starts its init, up to the moment when everything up
/// to the barrier holds. `terminal`: the socket that receives the terminal's master where the
/// caller serves it itself, or none. Init waits for complete().
Result<launch::Launched> launch_init(Transaction& host, sys::FdRef fifo, sys::FdRef terminal);

/// Sends the pidfd to the socket and writes the pid to the file that the options name.
Status announce(Transaction& host, pid_t pid, sys::FdRef pidfd);

/// Records and announces the container and lets init go to the barrier. It is complete then.
Result<CreatedContainer> complete(Transaction& host, launch::Launched init);

}  // namespace crux::container

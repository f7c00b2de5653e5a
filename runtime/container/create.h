#pragma once

#include <array>

#include "runtime/container/transaction.h"
#include "runtime/launch/launch.h"
#include "runtime/sys/handle.h"

namespace crux::container {

/// A container that was created, with its lock held, and its first process.
struct CreatedContainer {
    ExistingContainer container;
    InitProcess init;
};

/// What a process gets of a command in the foreground.
struct ForegroundEnds {
    sys::FdRef terminal = sys::FdRef::none();  ///< the socket that receives the terminal's master
    /// Descriptors 0 to 2; none: the caller's.
    std::array<sys::FdRef, 3> streams = {sys::FdRef::none(), sys::FdRef::none(),
                                         sys::FdRef::none()};
};

/// Takes the host's side of the container and starts its init, up to the moment when everything up
/// to the barrier holds. Init waits for complete().
Result<launch::Launched> launch_init(Transaction& host, sys::FdRef fifo,
                                     const ForegroundEnds& ends = {});

/// Sends the pidfd to the socket and writes the pid to the file that the options name.
Status announce(Transaction& host, pid_t pid, sys::FdRef pidfd);

/// Records and announces the container and lets init go to the barrier. It is complete then.
Result<CreatedContainer> complete(Transaction& host, launch::Launched init);

}  // namespace crux::container

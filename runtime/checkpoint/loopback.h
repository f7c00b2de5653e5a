#pragma once

#include <sys/types.h>

#include "runtime/base/error.h"

namespace crux::checkpoint {

/// Sets up the loopback interface of a process's network namespace, as a new container has it:
/// connections over it cannot be restored in an empty namespace otherwise. We are single-threaded,
/// and in our own namespace again afterwards.
Status set_up_loopback(pid_t pid);

}  // namespace crux::checkpoint

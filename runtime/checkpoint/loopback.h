#pragma once

#include <sys/types.h>

#include "runtime/base/error.h"

namespace crux::checkpoint {

/// Sets up the loopback interface in a process's network namespace, as in a new container: without
/// it, connections over it cannot be restored in an empty namespace. This process must be
/// single-threaded; it returns to its own namespace.
Status set_up_loopback(pid_t pid);

}  // namespace crux::checkpoint

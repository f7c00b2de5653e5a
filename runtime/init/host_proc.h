#pragma once

#include "runtime/init/context.h"

namespace crux::init {

/// Without pivot_root the host's mounts stay below the container's root. As long as a whole procfs
/// or sysfs is among them, the kernel lets whoever makes a user namespace mount a fresh one, in
/// which nothing is masked (mount_too_revealing() in fs/namespace.c). So each outside the
/// container's root is unmounted here, or covered where it cannot be. The working directory
/// changes.
Outcome hide_host_proc(Context& context);

}  // namespace crux::init

#pragma once

#include "runtime/init/context.h"

namespace crux::init {

/// Without pivot_root the host's mounts stay in the mount namespace. While a complete procfs or
/// sysfs is among them, the kernel lets a process that creates a user namespace mount a new one, in
/// which nothing is masked (mount_too_revealing() in fs/namespace.c). So each one outside the
/// container's root is unmounted here, or covered if it cannot be unmounted. Changes the working
/// directory.
Outcome hide_host_proc(Context& context);

}  // namespace crux::init

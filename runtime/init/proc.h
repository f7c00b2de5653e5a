#pragma once

#include "runtime/init/kernel.h"
#include "runtime/init/try.h"

namespace crux::init {

/// Fails unless the descriptor is of a procfs.
Outcome check_proc(int descriptor);

/// A private procfs that is not attached: the image's /proc can be anything (rule R4). Only with
/// processes, unless /proc/sys is needed.
Outcome private_proc(bool only_processes);

/// Init's own directory in a private procfs. If the kernel grants none, in the one at /proc, which
/// must be a procfs: the mount namespace may be another container's.
Outcome open_self();

}  // namespace crux::init

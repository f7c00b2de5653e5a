#pragma once

#include "runtime/init/context.h"

/// Files of the kernel that init writes and reads (rule R4).
namespace crux::init {

/// 1 if the descriptor is of a procfs, else 0.
Outcome is_proc(int descriptor);

/// Fails unless the descriptor is of a procfs.
Outcome check_proc(int descriptor);

/// A procfs for init's own files, "self" and "thread-self": a private one that is not attached. If
/// the kernel grants none, the one at /proc.
Outcome own_proc(const Context& context);

/// Opens a file of a procfs. No link and no mount on it leads to another file. `flags` are those of
/// open(2); close-on-exec is added.
Outcome open_in_proc(int proc, const char* path, int flags);

}  // namespace crux::init

#pragma once

#include "runtime/init/kernel.h"
#include "runtime/init/mount_line.h"
#include "runtime/init/try.h"

/// The list of mounts of a mount namespace (proc_pid_mountinfo(5)).
namespace crux::init {

/// Reads the whole list from a mountinfo file, in memory that is valid until exec.
Outcome read_mount_list(int file, char*& list);

}  // namespace crux::init

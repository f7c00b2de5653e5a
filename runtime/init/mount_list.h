#pragma once

#include "runtime/init/kernel.h"
#include "runtime/init/try.h"

/// The list of mounts of a mount namespace (proc_pid_mountinfo(5)).
namespace crux::init {

/// The fields of a line that are used; texts end with NUL, in the memory of the list.
struct MountLine {
    std::uint64_t id = 0;
    std::uint64_t parent = 0;  ///< ID of the mount that it is mounted on
    char* root = nullptr;      ///< of the mount, within its filesystem
    char* point = nullptr;     ///< the mount point
    char* type = nullptr;
};

/// Reads the whole list from a mountinfo file, in memory that is valid until exec.
Outcome read_mount_list(int file, char*& list);

/// Cuts the next line off the list; false at its end.
bool next_mount(char*& list, MountLine& line);

}  // namespace crux::init

#pragma once

#include <cstdint>

/// The text of a mountinfo file (proc_pid_mountinfo(5)).
namespace crux::init {

/// The fields of a line that are used; texts end with NUL, in the memory of the list.
struct MountLine {
    std::uint64_t id = 0;
    std::uint64_t parent = 0;  ///< ID of the mount that it is mounted on
    char* root = nullptr;      ///< of the mount, within its filesystem
    char* point = nullptr;     ///< the mount point
    char* type = nullptr;
};

/// Cuts the next line off the list, which ends with NUL; false at its end. Lines that are not those
/// of a mount are skipped.
bool next_mount(char*& list, MountLine& line);

}  // namespace crux::init

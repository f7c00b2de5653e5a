#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/host/facts.h"

namespace crux::cgroup {

/// A directory in one hierarchy: a container has one in each.
struct CgroupDir {
    std::string mountpoint;                ///< absolute, no slash at the end
    std::string path;                      ///< below the mount point; begins with "/"
    std::vector<std::string> controllers;  ///< the controllers of its hierarchy
    int version = 1;

    /// The directory's absolute path.
    [[nodiscard]] std::string directory() const { return mountpoint + path; }
    [[nodiscard]] bool has(std::string_view controller) const;
    bool operator==(const CgroupDir&) const = default;
};

/// The directories of a container: one in each hierarchy, the v1 ones in the layout's order and the
/// unified one last. Named v1 hierarchies except systemd's belong to other programs and are left
/// out. An absolute cgroups_path is below each mount point. A relative one, and the id if it is
/// empty, is below this process's own cgroup on v1 and below that cgroup's parent on v2 (a v2
/// cgroup with processes cannot enable controllers for its children). The same input gives the same
/// directories. Refused, with the pointer of cgroupsPath: "..", the root itself, names that are
/// invalid for a cgroup (cgroups(7): a line feed; more than 255 bytes).
Result<std::vector<CgroupDir>> dirs_for(const host::CgroupLayout& layout,
                                        std::string_view cgroups_path, std::string_view id);

/// The directory whose hierarchy has the controller, or -1: under its v1 name ("blkio") in a v1
/// directory, under its v2 name ("io") in the unified one.
int find_dir(std::span<const CgroupDir> dirs, std::string_view v1_name, std::string_view v2_name);

/// The directory in the unified hierarchy, or -1.
int unified_dir(std::span<const CgroupDir> dirs);

}  // namespace crux::cgroup

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/host/facts.h"

namespace crux::cgroup {

/// One directory of one hierarchy: a container has one in each.
struct CgroupDir {
    std::string mountpoint;                ///< absolute, no slash at the end
    std::string path;                      ///< below the mount point; begins with "/"
    std::vector<std::string> controllers;  ///< those of its hierarchy
    int version = 1;

    /// The directory's absolute path.
    [[nodiscard]] std::string directory() const { return mountpoint + path; }
    [[nodiscard]] bool has(std::string_view controller) const;
    bool operator==(const CgroupDir&) const = default;
};

/// Where the cgroups of a container belong: one place a hierarchy, the v1 ones in the layout's
/// order and the unified one last. Named v1 hierarchies but systemd's belong to others and are left
/// out. An absolute cgroups_path lies below each mount point. A relative one, and for an empty one
/// the id, lies below this process's own cgroup on v1 and below that cgroup's parent on v2 (a v2
/// cgroup with processes in it cannot hand controllers on). The same input gives the same places.
/// Refused, with the pointer of cgroupsPath: "..", the root itself, names that no cgroup can have
/// (cgroups(7): a line feed; more than 255 bytes).
Result<std::vector<CgroupDir>> dirs_for(const host::CgroupLayout& layout,
                                        std::string_view cgroups_path, std::string_view id);

/// The place whose hierarchy has the controller, or -1: as v1 names it ("blkio") in a v1 place, as
/// v2 does ("io") in the unified one.
int find_dir(std::span<const CgroupDir> dirs, std::string_view v1_name, std::string_view v2_name);

/// The place in the unified hierarchy, or -1.
int unified_dir(std::span<const CgroupDir> dirs);

}  // namespace crux::cgroup

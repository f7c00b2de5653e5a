#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/error.h"

namespace crux::cgroup {

/// A mounted cgroup hierarchy of the host, as host facts know it.
struct Hierarchy {
    /// Names of /proc/self/cgroup ("memory"; a named v1 hierarchy: "name=systemd"); of the unified
    /// hierarchy those in its cgroup.controllers.
    std::vector<std::string> controllers;
    int version = 1;         ///< 1 or 2
    std::string mountpoint;  ///< absolute
    std::string own_path;    ///< this process's cgroup, seen from the mount point; begins with "/"
};

/// One directory of one hierarchy: a container has one in each.
struct Place {
    std::string mountpoint;                ///< absolute, no slash at the end
    std::string path;                      ///< below the mount point; begins with "/"
    std::vector<std::string> controllers;  ///< those of its hierarchy
    int version = 1;

    /// The directory's absolute path.
    [[nodiscard]] std::string directory() const { return mountpoint + path; }
    [[nodiscard]] bool has(std::string_view controller) const;
    bool operator==(const Place&) const = default;
};

/// Where the cgroups of a container belong: one place a hierarchy, the v1 ones in the order given
/// and the unified one last. An absolute cgroups_path lies below each mount point. A relative one,
/// and for an empty one the id, lies below this process's own cgroup on v1 and below that cgroup's
/// parent on v2 (a v2 cgroup with processes in it cannot hand controllers on). The same input gives
/// the same places. Refused, with the pointer of cgroupsPath: "..", the root itself, names that no
/// cgroup can have (cgroups(7): a line feed; more than 255 bytes).
Result<std::vector<Place>> places_for(std::span<const Hierarchy> hierarchies,
                                      std::string_view cgroups_path, std::string_view id);

/// The place whose hierarchy has the controller, or -1: as v1 names it ("blkio") in a v1 place, as
/// v2 does ("io") in the unified one.
int find_place(std::span<const Place> places, std::string_view v1_name, std::string_view v2_name);

/// The place in the unified hierarchy, or -1.
int unified_place(std::span<const Place> places);

}  // namespace crux::cgroup

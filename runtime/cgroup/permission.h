#pragma once

#include <string>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/cgroup/dirs.h"
#include "runtime/host/facts.h"

namespace crux::cgroup {

/// A directory that this process may not use, and the call and path that fail.
struct Forbidden {
    CgroupDir dir;
    std::string path;
    Errno error;
};

/// The result for the wanted directories.
struct Permission {
    std::vector<CgroupDir> granted;
    std::vector<Forbidden> forbidden;
};

/// Checks which directories this process may make and enter, without making any: the nearest
/// existing ancestor must be writable (for a directory that exists: its list of processes), and in
/// the unified hierarchy also the list of processes of the nearest common ancestor of the directory
/// and of this process's own cgroup (cgroups(7), Cgroups delegation: delegation containment). Only
/// a missing permission and a read-only filesystem forbid a directory; any other error is reported
/// when the directory is made.
Permission permission_for(const host::CgroupLayout& layout, std::vector<CgroupDir> wanted);

}  // namespace crux::cgroup

#pragma once

#include <string>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/cgroup/dirs.h"
#include "runtime/host/facts.h"

namespace crux::cgroup {

/// A place that this process may not use, and the call and path that say so.
struct Forbidden {
    CgroupDir dir;
    std::string path;
    Errno error;
};

/// What becomes of the wanted places.
struct Permission {
    std::vector<CgroupDir> granted;
    std::vector<Forbidden> forbidden;
};

/// Asks the kernel which places this process may make and enter, without making anything: the
/// nearest directory that exists must be writable (a place that exists: its list of processes), and
/// in the unified hierarchy also the list of processes of the nearest common ancestor of the place
/// and of this process's own cgroup (cgroups(7), Cgroups delegation: delegation containment).
/// Only a lack of permission and a read-only file system forbid; any other trouble shows itself
/// where the place is made.
Permission permission_for(const host::CgroupLayout& layout, std::vector<CgroupDir> wanted);

}  // namespace crux::cgroup

#pragma once

#include "runtime/base/error.h"
#include "runtime/host/facts.h"

namespace crux::host {

/// Reads all facts from the kernel: some 20 quick system calls on a cgroup2 host; on a host with
/// v1 hierarchies also /proc/self/mountinfo. Fails if /proc is not mounted.
Result<Facts> read_facts();

/// Reads only the cgroup layout.
Result<CgroupLayout> read_cgroup_layout();

}  // namespace crux::host

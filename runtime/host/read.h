#pragma once

#include "runtime/base/error.h"
#include "runtime/host/facts.h"

namespace crux::host {

/// Asks the kernel for all facts: some 20 quick system calls on a cgroup2 host; where there are
/// v1 hierarchies /proc/self/mountinfo is read too. Fails where /proc is not mounted.
Result<Facts> read_facts();

/// The cgroup part of it alone.
Result<CgroupLayout> read_cgroup_layout();

}  // namespace crux::host

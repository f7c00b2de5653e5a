#pragma once

#include <string>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/cgroup/dirs.h"

namespace crux::container {

/// The container's cgroup directories with the paths of `exec --cgroup` appended. Each argument is
/// [CONTROLLER[,CONTROLLER...]:]PATH. Without controllers it is for the unified hierarchy, or for
/// all hierarchies of a host with version 1. A path above the container's own cgroup and a
/// controller that the container does not have are usage errors.
Result<std::vector<cgroup::CgroupDir>> sub_cgroups(std::vector<cgroup::CgroupDir> dirs,
                                                   const std::vector<std::string>& arguments);

}  // namespace crux::container

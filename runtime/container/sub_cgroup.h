#pragma once

#include <string>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/cgroup/dirs.h"

namespace crux::container {

/// The container's places, moved down to the cgroups that exec --cgroup names: one PATH where there
/// is the unified hierarchy alone, else each CONTROLLER[,CONTROLLER…]:PATH (an empty controller in
/// front of the path stands for the unified one there). Paths that lead above the container's own
/// cgroup are refused.
Result<std::vector<cgroup::CgroupDir>> sub_cgroups(std::vector<cgroup::CgroupDir> places,
                                                   const std::vector<std::string>& arguments);

}  // namespace crux::container

#pragma once

#include <string_view>

#include "runtime/base/error.h"
#include "runtime/container/options.h"

namespace crux::container {

/// The mode of --manage-cgroups-mode: soft, full, strict, ignore, or "" for CRIU's own choice.
Result<checkpoint::ManageCgroups> cgroup_mode_of(std::string_view word);

}  // namespace crux::container

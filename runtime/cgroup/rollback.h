#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/cgroup/limits.h"

namespace crux::cgroup {

/// The setting that restores the present value of a file before another value is written to it;
/// nothing if the content does not determine it. For a file with a line for each device (or other
/// key), the line of the setting's key; if there is none, the value that removes such a line.
std::optional<Setting> rollback_of(const Setting& setting, std::string_view content);

}  // namespace crux::cgroup

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/cgroup/limits.h"

namespace crux::cgroup {

/// The setting that brings back what a file says now, before another value is written to it;
/// nothing where the content does not tell. Of a file with a line for each device (or other key),
/// the line that the setting is about; where it has none, the value that takes such a line away.
std::optional<Setting> rollback_of(const Setting& setting, std::string_view content);

}  // namespace crux::cgroup

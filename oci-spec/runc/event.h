#pragma once

#include <string>
#include <string_view>

#include "oci-spec/runc/statistics.h"

namespace crux::oci {

/// The line of `events` with the statistics of a container, in runc's format: zero values are
/// omitted where runc omits them.
std::string stats_event(std::string_view id, const Stats& stats);

/// The line of `events` for a container that ran out of memory.
std::string oom_event(std::string_view id);

}  // namespace crux::oci

#pragma once

#include <string>
#include <string_view>

#include "oci-spec/runc/statistics.h"

namespace crux::oci {

/// The line of events for what a container has used, as runc writes it: what is zero is left out
/// where runc leaves it out.
std::string stats_event(std::string_view id, const Stats& stats);

/// The line of events for a container that ran out of memory.
std::string oom_event(std::string_view id);

}  // namespace crux::oci

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/plan/plan.h"

namespace crux::plan {

/// One step of crux on the host, as text.
struct HostStep {
    std::string_view name;      ///< groups steps of one kind
    std::string what;           ///< a sentence without a full stop
    std::string_view facility;  ///< the kernel interfaces that it uses
    std::string_view why;
    std::string origin;  ///< JSON pointer; empty: a step of every container
};

/// The steps before init starts, in order.
std::vector<HostStep> host_steps_before(const Plan& plan);
/// The steps after init has reported that it is ready.
std::vector<HostStep> host_steps_after(const Plan& plan);

/// The steps of start after the program was executed.
std::vector<HostStep> host_steps_of_start(const Plan& plan);
/// The steps of delete after everything of the container was removed.
std::vector<HostStep> host_steps_of_delete(const Plan& plan);

}  // namespace crux::plan

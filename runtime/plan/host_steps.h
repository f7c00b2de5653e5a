#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/plan/plan.h"

namespace crux::plan {

/// One thing that the runtime does on the host's side of a container, in words.
struct HostStep {
    std::string_view name;      ///< groups steps of one kind
    std::string what;           ///< a sentence without a full stop
    std::string_view facility;  ///< the kernel interfaces behind it
    std::string_view why;
    std::string origin;  ///< JSON pointer; empty: every container gets it
};

/// What happens before init runs, in order.
std::vector<HostStep> host_steps_before(const Plan& plan);
/// What happens when init has said that it is ready.
std::vector<HostStep> host_steps_after(const Plan& plan);

/// What start does on the host when the program has been executed.
std::vector<HostStep> host_steps_of_start(const Plan& plan);
/// What delete does when all of the container has gone.
std::vector<HostStep> host_steps_of_delete(const Plan& plan);

}  // namespace crux::plan

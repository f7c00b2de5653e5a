#pragma once

#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/cgroup/places.h"
#include "runtime/container/exec.h"

namespace crux::container {

/// The process that exec is to run: the document of --process, or the container's own process
/// changed by the options.
Result<oci::Process> exec_process(const ExecOptions& options, const oci::Config& config);

/// The container's places, moved down to the cgroups that --cgroup names.
Result<std::vector<cgroup::Place>> exec_places(std::vector<cgroup::Place> places,
                                               const std::vector<std::string>& cgroups);

}  // namespace crux::container

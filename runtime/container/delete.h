#pragma once

#include "oci-spec/types.h"
#include "runtime/container/existing.h"

namespace crux::container {

/// Ends and removes a container whose lock is held: init, cgroup, state, then the poststop hooks,
/// whose failures are warnings.
Status destroy(const ExistingContainer& container, Warnings& warnings);

/// Runs the poststop hooks with this state document, as that of a stopped container. All run; their
/// failures are warnings.
void run_poststop(const std::vector<oci::Hook>& hooks, oci::State document, Warnings& warnings);

}  // namespace crux::container

#pragma once

#include "oci-spec/types.h"
#include "runtime/container/existing.h"
#include "runtime/launch/journal.h"

namespace crux::container {

/// Ends and removes a container whose lock is held: init, cgroup, state, then the poststop hooks,
/// whose failures are warnings.
Status destroy(const Context& context, const ExistingContainer& container);

/// Gives back what a journal says a container has of the host; what is gone already is success.
Status give_back_all(launch::Journal::Content journal, Warnings& warnings);

/// Runs the poststop hooks with this state document, as that of a stopped container. All run; their
/// failures are warnings.
void run_poststop(const std::vector<oci::Hook>& hooks, oci::State document, const Context& context);

}  // namespace crux::container

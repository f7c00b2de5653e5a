#pragma once

#include "runtime/container/loaded.h"

namespace crux::container {

/// Ends and removes a container whose lock is held: init, cgroup, state, then the poststop hooks,
/// whose failures are warnings.
Status destroy(const Loaded& container, Warnings& warnings);

}  // namespace crux::container

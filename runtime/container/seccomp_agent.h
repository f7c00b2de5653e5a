#pragma once

#include "oci-spec/state.h"
#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/launch/launch.h"

namespace crux::container {

/// Takes the seccomp listener from a process (`number` is its own descriptor of it) and sends it to
/// the agent at the profile's listenerPath, with the container process state around `state`. Before
/// the process can trip over its filter for the first time.
Status hand_over_listener(const oci::Seccomp& profile, const oci::State& state,
                          const launch::Launched& process, int number);

}  // namespace crux::container

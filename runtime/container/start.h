#pragma once

#include "runtime/container/existing.h"

namespace crux::container {

/// Lets init pass the barrier, waits until it has become the program, and runs the poststart hooks.
/// On failure the container is destroyed. For a container that is `created`, with its lock held.
Status start_existing(const ExistingContainer& container, Warnings& warnings);

}  // namespace crux::container

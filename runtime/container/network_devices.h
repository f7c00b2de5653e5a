#pragma once

#include <sys/types.h>

#include "oci-spec/types.h"
#include "runtime/base/error.h"

namespace crux::container {

/// Moves the host's network devices into the network namespace of the process (runtime-spec
/// config-linux.md, Network Devices), by the helper crux-net, which speaks rtnetlink. All of them
/// are looked at before the first is moved.
Status move_network_devices(const oci::Linux& linux, pid_t pid);

}  // namespace crux::container

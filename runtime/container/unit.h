#pragma once

#include <optional>

#include "oci-spec/record.h"
#include "runtime/container/prepare.h"
#include "runtime/systemd/manager.h"

/// The container's unit, where its cgroup is systemd's (--systemd-cgroup).
namespace crux::container {

/// Starts the unit of a prepared container, with its limits and its annotations. The helper holds
/// it until a process of the container is in it.
Result<systemd::Started> start_unit(const Prepared& prepared);

/// Tells systemd the limits that were changed, so that it does not write the old ones again.
Status change_unit(const oci::ContainerRecord& record, const cgroup::Limits& changed);

}  // namespace crux::container

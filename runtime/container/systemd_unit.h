#pragma once

#include <optional>

#include "oci-spec/runc/record.h"
#include "runtime/container/prepare.h"
#include "runtime/launch/journal.h"
#include "runtime/systemd/helper.h"

/// The container's unit, where its cgroup is systemd's (--systemd-cgroup).
namespace crux::container {

/// Starts the unit of a prepared container, with these of its limits and its annotations. The
/// helper holds it until a process of the container is in it.
Result<systemd::HeldUnit> start_unit(const Prepared& prepared, const cgroup::Limits& limits);

/// Stops the unit that a journal names, so that systemd forgets it.
Status stop_unit(const launch::Journal::SystemdUnit& unit);

/// Removes from the limits those of the number of processes that leave no room for the helper next
/// to the container's init, and returns them.
cgroup::Limits take_tight_limits(cgroup::Limits& limits);

/// Sends systemd the changed limits, so that it does not write the old ones again.
Status change_unit(const systemd::Unit& unit, const cgroup::Limits& changed);
Status change_unit(const oci::ContainerRecord& record, const cgroup::Limits& changed);

}  // namespace crux::container

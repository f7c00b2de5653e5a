#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "oci-spec/types.h"
#include "runtime/base/error.h"

/// Classes of service for caches and memory bandwidth (runtime-spec config-linux.md, IntelRdt;
/// Documentation/filesystems/resctrl.rst of the kernel).
namespace crux::resctrl {

/// Where the container goes; what of it must be removed with the container.
struct Placement {
    std::string mountpoint;  ///< of resctrl
    std::string group;       ///< the class's directory; the mount point itself for the default one
    std::string monitor;     ///< the monitoring group's directory; empty: none
    bool removes_group = false;  ///< made for this container alone
};

/// The mount point of resctrl in a mountinfo text, or empty.
std::string find_mountpoint(std::string_view mountinfo);

/// Where a container of this id goes. A pure function of its arguments.
Placement place_for(const oci::IntelRdt& wanted, std::string_view id,
                    const std::string& mountpoint);

/// Makes what is missing, and writes the schemata or compares them with those that are there, as
/// the specification says for a class with and without a name of its own. A class that was made is
/// removed again when the rest fails.
Status prepare(const oci::IntelRdt& wanted, const Placement& placement);

/// Writes the schemata to a class that is there: for a container that runs.
Status change(const oci::IntelRdt& wanted, const Placement& placement);

/// Puts the process into the class and the monitoring group; its children will be born there.
Status enter(const Placement& placement, pid_t pid);

/// Removes what was made for this container. What is gone already is fine.
Status remove(const Placement& placement);

/// Whether every line of `wanted` holds in the text of a schemata file, whatever the order, blanks,
/// leading zeros and further domains.
bool schemata_match(std::string_view wanted, std::string_view present);

}  // namespace crux::resctrl

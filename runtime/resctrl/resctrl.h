#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "oci-spec/types.h"
#include "runtime/base/error.h"

/// Classes of service for caches and memory bandwidth (runtime-spec config-linux.md, IntelRdt;
/// Documentation/filesystems/resctrl.rst of the kernel).
namespace crux::resctrl {

/// The class of a container, and the parts to remove with the container.
struct Placement {
    std::string mountpoint;  ///< of the resctrl filesystem
    std::string group;       ///< the class directory; the mount point itself for the default class
    std::string monitor;     ///< the directory of the monitoring group; empty: none
    bool removes_group = false;  ///< private to this container
};

/// The mount point of resctrl in a mountinfo text, or empty.
std::string find_mountpoint(std::string_view mountinfo);

/// The placement of the container with this id. A pure function of its arguments.
Placement place_for(const oci::IntelRdt& wanted, std::string_view id,
                    const std::string& mountpoint);

/// Makes missing directories, and writes the schemata or compares them with the present ones, as
/// the specification requires for a class with and without closID. A new class is removed again if
/// a later step fails.
Status prepare(const oci::IntelRdt& wanted, const Placement& placement);

/// Writes the schemata to an existing class: for a running container.
Status change(const oci::IntelRdt& wanted, const Placement& placement);

/// Moves the process into the class and the monitoring group; its children start there.
Status enter(const Placement& placement, pid_t pid);

/// Whether every line of `wanted` holds in the text of a schemata file, regardless of order,
/// spaces, leading zeros and further domains.
bool schemata_match(std::string_view wanted, std::string_view present);

}  // namespace crux::resctrl

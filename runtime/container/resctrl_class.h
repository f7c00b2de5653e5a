#pragma once

#include <string_view>

#include "oci-spec/types.h"
#include "runtime/launch/journal.h"

namespace crux::container {

/// Makes the container's class of service, which the journal names before. Does nothing where the
/// configuration has no intelRdt; refuses it where resctrl is not mounted.
Status make_class(launch::Journal& journal, const oci::Linux& linux, std::string_view id);

/// Puts the process into the class of the container of this id.
Status enter_class(const oci::IntelRdt& wanted, std::string_view id, pid_t pid);

/// Writes schemata to the class of a running container of this id; an empty text leaves that kind
/// unchanged. Refused where the host has no resctrl and where the configuration has no intelRdt.
Status change_class(const oci::Linux& linux, std::string_view id, const std::string& l3_cache,
                    const std::string& memory_bandwidth);

/// Removes the directories that the journal names, where they are still there.
Status remove_directories(const std::vector<std::string>& paths);

}  // namespace crux::container

#pragma once

#include <array>
#include <string>
#include <string_view>

#include "oci-spec/config.h"
#include "oci-spec/runc/record.h"

/// The state files of other runtimes, so that crux can manage their containers.
namespace crux::oci {

class Reader;

/// runc's names for the types of namespaces in its state files.
inline constexpr auto kRecordNamespaces = std::array{
    Word<NamespaceType>{"NEWCGROUP", NamespaceType::cgroup},
    Word<NamespaceType>{"NEWIPC", NamespaceType::ipc},
    Word<NamespaceType>{"NEWNET", NamespaceType::network},
    Word<NamespaceType>{"NEWNS", NamespaceType::mount},
    Word<NamespaceType>{"NEWPID", NamespaceType::pid},
    Word<NamespaceType>{"NEWTIME", NamespaceType::time},
    Word<NamespaceType>{"NEWUSER", NamespaceType::user},
    Word<NamespaceType>{"NEWUTS", NamespaceType::uts},
};

/// Reads the state.json of runc 1.1 to 1.5 (libcontainer's State): only what crux needs to manage
/// the container. Errors as read_record.
void read_runc(const Reader& r, ContainerRecord& out);

/// The file `status` of crun 1.8 to 1.29, in the state directory of the container with this ID.
/// What that file does not say is in the copy of the container's configuration beside it. The paths
/// of the cgroups remain empty: `cgroups_path` is the path below each hierarchy, or empty for a
/// container without a cgroup. Errors as read_record.
Result<ContainerRecord> read_crun_status(std::string_view text, std::string_view id,
                                         const Config& config);

}  // namespace crux::oci

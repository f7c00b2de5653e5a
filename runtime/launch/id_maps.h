#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"

namespace crux::launch {

/// Whether the mapping (lines of "inside outside count") is a single ID, this one: the only mapping
/// that the kernel lets an unprivileged user write.
bool is_single_id(std::string_view map, unsigned own);

/// The numbers of a mapping, as newuidmap(1) and newgidmap(1) take them after the process ID.
std::vector<std::string> map_arguments(std::string_view map);

/// Writes the ID mappings of a process in a new user namespace (user_namespaces(7)): lines of
/// "inside outside count". Mappings that an unprivileged user cannot write itself are written by
/// newuidmap(1) and newgidmap(1), found in PATH, within the IDs that /etc/subuid and /etc/subgid
/// give the user. A mapping of only the user's own group requires neither, but setgroups(2) must
/// be denied in the namespace first.
Status write_id_maps(pid_t pid, const std::string& uid_map, const std::string& gid_map);

/// A user namespace with these mappings and without processes, for ID-mapped mounts. A short-lived
/// process creates it; the descriptor keeps it alive.
Result<sys::Fd> user_namespace_with(const std::string& uid_map, const std::string& gid_map,
                                    const std::string& origin);

}  // namespace crux::launch

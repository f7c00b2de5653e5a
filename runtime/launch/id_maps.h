#pragma once

#include <sys/types.h>

#include <string>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"

namespace crux::launch {

/// Writes the maps of a process in a new user namespace (user_namespaces(7)): lines of "inside
/// outside count". What an ordinary user may not write itself, newuidmap(1) and newgidmap(1) write,
/// found by PATH, within the ids that /etc/subuid and /etc/subgid give the user. A group map of the
/// user's own group alone needs neither, but takes setgroups(2) away from the namespace first.
Status write_id_maps(pid_t pid, const std::string& uid_map, const std::string& gid_map);

/// A user namespace with these maps that no process is in: for id-mapped mounts. A short-lived
/// process makes it; the descriptor keeps it.
Result<sys::Fd> user_namespace_with(const std::string& uid_map, const std::string& gid_map,
                                    const std::string& origin);

}  // namespace crux::launch

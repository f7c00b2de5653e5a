#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>
#include <vector>

#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/cgroup/dirs.h"
#include "runtime/cgroup/limits.h"
#include "runtime/container/context.h"
#include "runtime/host/facts.h"

namespace crux::container {

/// Where the cgroups of a container go, and what they limit.
struct CgroupConfig {
    std::vector<cgroup::CgroupDir> dirs;
    cgroup::Limits limits;
};

/// Whether this process is anything less than root of the machine.
bool is_unprivileged(const host::Facts& facts);

/// Whether the operation has to do without some rights on cgroups: as the state root says, or
/// without one as the facts do.
bool is_rootless(const Context& context, const host::Facts& facts);

/// The user to whom the container's v2 cgroup is delegated (config-linux.md, Cgroup ownership): the
/// host's id of its process's user, if the container has its own cgroup namespace and a writable
/// cgroup mount. Nothing where that id has no mapping.
std::optional<uid_t> cgroup_owner(const oci::Config& config);

/// The container's cgroup directories at this path (with cgroupsPath's syntax; empty for the
/// default) and the limits of the configuration. If a rootless caller's configuration has no
/// cgroupsPath, only the hierarchies in which the caller can create a cgroup are used, which may be
/// none. A limit that needs another hierarchy is then an error ("rootless needs no limits + no
/// cgrouppath when no permission is granted for cgroups: ..."). Device rules that cannot be set are
/// a warning, because such a container cannot create device nodes and cannot open more than its
/// user can. Warns if no cgroup would hold the container's processes together.
Result<CgroupConfig> cgroup_config_for(const Context& context, const oci::Config& config,
                                       const host::Facts& facts, std::string_view path);

/// For a container without a cgroup (--cgroup-manager disabled): device rules that deny something
/// are an error, unless a user namespace keeps the container from the host's devices. Every other
/// property that requires a cgroup is a warning.
Status check_without_cgroup(const Context& context, const oci::Config& config,
                            const host::Facts& facts);

}  // namespace crux::container

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

/// The places below this path (as cgroupsPath has it, empty for the usual one), and the
/// configuration's limits there. A rootless caller whose
/// configuration names no cgroupsPath gets along with those hierarchies where it may make a cgroup,
/// also with none, as callers of runc know it: refused are then only limits for which a forbidden
/// one would be needed ("rootless needs no limits + no cgrouppath when no permission is granted for
/// cgroups: …"). Device rules that cannot be set are a warning, for such a container can neither
/// make device nodes nor open what its user could not. Warns where nothing would hold the processes
/// together.
Result<CgroupConfig> cgroup_config_for(const Context& context, const oci::Config& config,
                                       const host::Facts& facts, std::string_view path);

}  // namespace crux::container

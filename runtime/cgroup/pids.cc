#include "runtime/base/text.h"
#include "runtime/cgroup/controllers.h"

namespace crux::cgroup {

Status add_pids(LimitsBuilder& builder, const oci::PidsResources& pids) {
    if (!pids.limit) return {};
    ControllerLocation location = TRY(builder.location("pids", "pids", "/pids/limit"));
    std::string value = "max";
    // With the first process in the cgroup a limit of 1 forbids the same as 0, but 0 would forbid
    // the clone that puts the first process into a v2 cgroup (and means no limit to systemd).
    if (*pids.limit == 0) value = "1";
    if (*pids.limit > 0) value = cat(*pids.limit);
    builder.add(location, "pids.max", std::move(value), builder.origin("/pids/limit"));
    return {};
}

}  // namespace crux::cgroup

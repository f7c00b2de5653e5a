#include "runtime/cgroup/controllers.h"

namespace crux::cgroup {

Status add_cpuset(LimitsBuilder& builder, const oci::CpuResources& cpu) {
    if (cpu.cpus.empty() && cpu.mems.empty()) return {};
    ControllerLocation location =
        TRY(builder.location("cpuset", "cpuset", cpu.cpus.empty() ? "/cpu/mems" : "/cpu/cpus"));
    // Both versions have the same files and list formats (cpuset(7)).
    if (!cpu.cpus.empty())
        builder.add(location, "cpuset.cpus", cpu.cpus, builder.origin("/cpu/cpus"));
    if (!cpu.mems.empty())
        builder.add(location, "cpuset.mems", cpu.mems, builder.origin("/cpu/mems"));
    return {};
}

}  // namespace crux::cgroup

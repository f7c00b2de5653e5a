#include "runtime/cgroup/controllers.h"

namespace crux::cgroup {

Status add_cpuset(Draft& draft, const oci::CpuResources& cpu) {
    if (cpu.cpus.empty() && cpu.mems.empty()) return {};
    Home home = TRY(draft.home("cpuset", "cpuset", cpu.cpus.empty() ? "/cpu/mems" : "/cpu/cpus"));
    // Both versions have the same files and the same lists (cpuset(7)).
    if (!cpu.cpus.empty()) draft.add(home, "cpuset.cpus", cpu.cpus, draft.origin("/cpu/cpus"));
    if (!cpu.mems.empty()) draft.add(home, "cpuset.mems", cpu.mems, draft.origin("/cpu/mems"));
    return {};
}

}  // namespace crux::cgroup

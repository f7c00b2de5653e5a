#include <linux/bpf.h>

#include <bit>
#include <cerrno>

#include "runtime/cgroup/group.h"
#include "runtime/sys/bpf.h"
#include "runtime/sys/process.h"

namespace crux::cgroup {

namespace {

Result<sys::Fd, Errno> load(const DeviceProgram& program) {
    std::vector<struct ::bpf_insn> code;
    code.reserve(program.instructions.size());
    for (std::uint64_t word : program.instructions)
        code.push_back(std::bit_cast<struct ::bpf_insn>(word));
    constexpr const char* kLicence = "Apache-2.0";
    auto loaded = sys::bpf_load(BPF_PROG_TYPE_CGROUP_DEVICE, code, kLicence);
    if (loaded || loaded.error().value != EPERM) return loaded;
    // Before Linux 5.11 programs count against RLIMIT_MEMLOCK, which is small by default. Init sets
    // the container's limits itself, so this value affects only this process.
    struct ::rlimit none = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    if (!sys::prlimit(0, RLIMIT_MEMLOCK, &none)) return loaded;
    return sys::bpf_load(BPF_PROG_TYPE_CGROUP_DEVICE, code, kLicence);
}

/// The attached programs that this process may read. Others (of systemd, behind an LSM) can only
/// restrict further, so they may stay.
Result<std::vector<sys::Fd>, Errno> attached(sys::FdRef cgroup) {
    std::vector<sys::Fd> programs;
    for (std::uint32_t id : TRY(sys::bpf_query(cgroup, BPF_CGROUP_DEVICE))) {
        auto program = sys::bpf_program_by_id(id);
        if (program) programs.push_back(std::move(*program));
    }
    return programs;
}

}  // namespace

Status Group::load_program(const DeviceProgram& program) {
    TRY(hold_unified());
    sys::Fd loaded = TRY(load(program).during("load the device program"));
    std::vector<sys::Fd> before;
    // A new cgroup has no programs attached.
    if (!is_new_[program.dir]) before = TRY(attached(unified_).during("query the device programs"));
    // With one program attached, the change is a single step, so a program always checks each
    // request.
    bool replaces = before.size() == 1;
    std::uint32_t flags = BPF_F_ALLOW_MULTI;
    if (replaces) flags |= BPF_F_REPLACE;
    TRY(sys::bpf_attach(unified_, loaded, BPF_CGROUP_DEVICE, flags,
                        replaces ? sys::FdRef(before[0]) : sys::FdRef(0))
            .during("attach the device program"));
    if (replaces) return {};
    for (const sys::Fd& old : before)
        TRY(sys::bpf_detach(unified_, old, BPF_CGROUP_DEVICE)
                .during("detach an old device program"));
    return {};
}

}  // namespace crux::cgroup

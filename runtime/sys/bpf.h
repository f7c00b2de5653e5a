#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"

namespace crux::sys {

/// bpf(BPF_PROG_LOAD): a program of the type (BPF_PROG_TYPE_*) with the named license. If a log is
/// passed, the kernel writes the reasons for a refusal to it, as text that ends in NUL; a log makes
/// loading slower.
Result<Fd, Errno> bpf_load(std::uint32_t type, std::span<const struct ::bpf_insn> program,
                           const char* license, std::span<char> log = {}) noexcept;
/// bpf(BPF_PROG_ATTACH) to a cgroup; with BPF_F_REPLACE the replaced program is named.
Result<void, Errno> bpf_attach(FdRef cgroup, FdRef program, std::uint32_t attach_type,
                               std::uint32_t flags, FdRef replaced = FdRef(0)) noexcept;
/// bpf(BPF_PROG_DETACH).
Result<void, Errno> bpf_detach(FdRef cgroup, FdRef program, std::uint32_t attach_type) noexcept;
/// bpf(BPF_PROG_QUERY): the IDs of the programs attached to this cgroup itself.
Result<std::vector<std::uint32_t>, Errno> bpf_query(FdRef cgroup,
                                                    std::uint32_t attach_type) noexcept;
/// bpf(BPF_PROG_GET_FD_BY_ID).
Result<Fd, Errno> bpf_program_by_id(std::uint32_t id) noexcept;

}  // namespace crux::sys

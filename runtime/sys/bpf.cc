#include "runtime/sys/bpf.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "runtime/sys/checked.h"

namespace crux::sys {

namespace {

/// An argument block of zeros, including the padding, as the kernel requires.
union ::bpf_attr blank() {
    union ::bpf_attr attributes;
    std::memset(&attributes, 0, sizeof(attributes));
    return attributes;
}

std::uint64_t address(const void* pointer) {
    return reinterpret_cast<std::uintptr_t>(pointer);
}

long bpf(int command, union ::bpf_attr& attributes) {
    return ::syscall(SYS_bpf, command, &attributes, sizeof(attributes));
}

}  // namespace

Result<Fd, Errno> bpf_load(std::uint32_t type, std::span<const struct ::bpf_insn> program,
                           const char* license, std::span<char> log) noexcept {
    union ::bpf_attr attributes = blank();
    attributes.prog_type = type;
    attributes.insns = address(program.data());
    attributes.insn_cnt = static_cast<std::uint32_t>(program.size());
    attributes.license = address(license);
    if (!log.empty()) {
        attributes.log_buf = address(log.data());
        attributes.log_size = static_cast<std::uint32_t>(log.size());
        attributes.log_level = 1;
    }
    constexpr int kTries = 5;
    for (int attempt = 1;; ++attempt) {
        auto loaded =
            detail::owned<Fd>("bpf: load program", [&] { return bpf(BPF_PROG_LOAD, attributes); });
        // The verifier returns EAGAIN if a signal is pending.
        if (loaded || loaded.error().value != EAGAIN || attempt == kTries) return loaded;
    }
}

Result<void, Errno> bpf_attach(FdRef cgroup, FdRef program, std::uint32_t attach_type,
                               std::uint32_t flags, FdRef replaced) noexcept {
    union ::bpf_attr attributes = blank();
    attributes.target_fd = static_cast<std::uint32_t>(cgroup.get());
    attributes.attach_bpf_fd = static_cast<std::uint32_t>(program.get());
    attributes.attach_type = attach_type;
    attributes.attach_flags = flags;
    attributes.replace_bpf_fd = static_cast<std::uint32_t>(replaced.get());
    return detail::done("bpf: attach program", [&] { return bpf(BPF_PROG_ATTACH, attributes); });
}

Result<void, Errno> bpf_detach(FdRef cgroup, FdRef program, std::uint32_t attach_type) noexcept {
    union ::bpf_attr attributes = blank();
    attributes.target_fd = static_cast<std::uint32_t>(cgroup.get());
    attributes.attach_bpf_fd = static_cast<std::uint32_t>(program.get());
    attributes.attach_type = attach_type;
    return detail::done("bpf: detach program", [&] { return bpf(BPF_PROG_DETACH, attributes); });
}

Result<std::vector<std::uint32_t>, Errno> bpf_query(FdRef cgroup,
                                                    std::uint32_t attach_type) noexcept {
    // The kernel attaches at most 64 programs to one cgroup (BPF_CGROUP_MAX_PROGS).
    std::vector<std::uint32_t> ids(64);
    union ::bpf_attr attributes = blank();
    attributes.query.target_fd = static_cast<std::uint32_t>(cgroup.get());
    attributes.query.attach_type = attach_type;
    attributes.query.prog_ids = address(ids.data());
    attributes.query.prog_cnt = static_cast<std::uint32_t>(ids.size());
    TRY(detail::done("bpf: query programs", [&] { return bpf(BPF_PROG_QUERY, attributes); }));
    ids.resize(attributes.query.prog_cnt);
    return ids;
}

Result<Fd, Errno> bpf_program_by_id(std::uint32_t id) noexcept {
    union ::bpf_attr attributes = blank();
    attributes.prog_id = id;
    return detail::owned<Fd>("bpf: open program",
                             [&] { return bpf(BPF_PROG_GET_FD_BY_ID, attributes); });
}

}  // namespace crux::sys

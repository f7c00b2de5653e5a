#include "runtime/privilege/call_filter.h"

#include <asm/termbits.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace crux::privilege {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_RISCV64;
#endif

/// In the order of their frequency: kernels before 5.11 run the filter for each call.
constexpr auto kRelaying = std::to_array<std::uint32_t>({
    SYS_ppoll,
#ifdef SYS_poll
    SYS_poll,
#endif
    SYS_read,         SYS_write,
    SYS_waitid,       SYS_pidfd_send_signal,
    SYS_recvmsg,      SYS_sendmsg,
    SYS_recvfrom,     SYS_sendto,
    SYS_pipe2,        SYS_close,
    SYS_getpid,       SYS_getpgid,
#ifdef SYS_getpgrp
    SYS_getpgrp,
#endif
    SYS_brk,          SYS_mmap,
    SYS_munmap,       SYS_mremap,
    SYS_futex,        SYS_clock_gettime,
    SYS_rt_sigaction, SYS_rt_sigprocmask,
    SYS_rt_sigreturn, SYS_restart_syscall,
    SYS_exit,         SYS_exit_group,
});

constexpr auto kReading = std::to_array<std::uint32_t>({
    SYS_faccessat,
    SYS_faccessat2,
    SYS_fcntl,
    SYS_fstat,
    SYS_getdents64,
    SYS_lseek,
    SYS_newfstatat,
});

/// The modes, size and foreground process group of a terminal.
constexpr auto kTerminal = std::to_array<std::uint32_t>({
    TCGETS,
    TCSETS,
    TCGETS2,
    TCSETS2,
    TIOCGPGRP,
    TIOCGWINSZ,
    TIOCSWINSZ,
});

/// The flags of openat(2) that change files. (O_TMPFILE requires one of them.)
constexpr std::uint32_t kChanging = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;

using Instruction = struct ::sock_filter;

/// A program that is put together by the compiler.
class Program {
 public:
    static consteval Program of(bool reading) {
        Program program;
        program.add(load(offsetof(struct ::seccomp_data, arch)));
        program.add(jump(BPF_JEQ, kArchitecture, 1, 0));
        program.add(give(kRefused));
        program.add(load(offsetof(struct ::seccomp_data, nr)));
        program.allow_any(kRelaying);
        if (reading) program.allow_reading();
        program.allow_terminal();
        program.add(give(kRefused));
        return program;
    }

    [[nodiscard]] constexpr std::span<const Instruction> code() const {
        return std::span(code_).first(size_);
    }

 private:
    static constexpr std::uint32_t kRefused = SECCOMP_RET_ERRNO | EPERM;
    static constexpr std::size_t kMost = 80;

    static constexpr Instruction load(std::size_t offset) {
        return {.code = BPF_LD | BPF_W | BPF_ABS, .k = static_cast<std::uint32_t>(offset)};
    }
    /// The lower half of an argument, which is an int.
    static constexpr Instruction load_argument(std::size_t number) {
        return load(offsetof(struct ::seccomp_data, args) + (number * sizeof(std::uint64_t)));
    }
    /// Skips this many instructions if the test holds, and otherwise that many.
    static constexpr Instruction jump(std::uint16_t test, std::uint32_t value, std::size_t then,
                                      std::size_t otherwise) {
        return {.code = static_cast<std::uint16_t>(BPF_JMP | test | BPF_K),
                .jt = static_cast<std::uint8_t>(then),
                .jf = static_cast<std::uint8_t>(otherwise),
                .k = value};
    }
    static constexpr Instruction give(std::uint32_t action) {
        return {.code = BPF_RET | BPF_K, .k = action};
    }

    constexpr void add(Instruction instruction) { code_[size_++] = instruction; }

    /// Allows the call if the loaded number is one of these, and otherwise continues.
    constexpr void allow_any(std::span<const std::uint32_t> values) {
        for (std::size_t left = values.size(); left > 0; --left)
            add(jump(BPF_JEQ, values[values.size() - left], left, 0));
        add({.code = BPF_JMP | BPF_JA, .k = 1});
        add(give(SECCOMP_RET_ALLOW));
    }
    /// Both blocks load an argument, and so return if they match.
    constexpr void allow_reading() {
        allow_any(kReading);
        add(jump(BPF_JEQ, SYS_openat, 0, 4));
        add(load_argument(2));
        add(jump(BPF_JSET, kChanging, 0, 1));
        add(give(kRefused));
        add(give(SECCOMP_RET_ALLOW));
    }
    constexpr void allow_terminal() {
        add(jump(BPF_JEQ, SYS_ioctl, 0, kTerminal.size() + 3));
        add(load_argument(1));
        allow_any(kTerminal);
    }

    std::array<Instruction, kMost> code_{};
    std::size_t size_ = 0;
};

}  // namespace

std::span<const struct ::sock_filter> relaying_calls() {
    static constexpr Program kProgram = Program::of(false);
    return kProgram.code();
}

std::span<const struct ::sock_filter> reading_calls() {
    static constexpr Program kProgram = Program::of(true);
    return kProgram.code();
}

}  // namespace crux::privilege

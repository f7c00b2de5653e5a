#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace crux::seccomp {

/// One instruction of classic BPF, with the layout of the kernel's struct sock_filter.
struct Instruction {
    std::uint16_t code = 0;
    std::uint8_t jt = 0;
    std::uint8_t jf = 0;
    std::uint32_t k = 0;
    bool operator==(const Instruction&) const = default;
};
static_assert(sizeof(Instruction) == 8 && std::is_trivially_copyable_v<Instruction>);

/// The maximum number of instructions (BPF_MAXINSNS).
inline constexpr std::size_t kMaxInstructions = 4096;

/// A filter ready to be loaded with seccomp(2), SECCOMP_SET_MODE_FILTER.
struct BpfProgram {
    /// At least one and at most kMaxInstructions.
    std::vector<Instruction> instructions;
    /// The second argument of seccomp(2): SECCOMP_FILTER_FLAG_* bits. Flags of the profile that
    /// this kernel does not support were refused before.
    std::uint32_t flags = 0;
    /// A rule notifies a supervisor (SCMP_ACT_NOTIFY): flags contains NEW_LISTENER, and seccomp(2)
    /// returns the listener, which must be sent to listenerPath.
    bool wants_listener = false;
    /// Names of system calls in the profile that libseccomp does not know; their rules were left
    /// out. Each name once, in the order of the profile.
    std::vector<std::string> unknown_syscalls;
    /// Why the cache could not be used or filled, to be reported as a warning; empty without a
    /// problem.
    std::string cache_warning;
};

}  // namespace crux::seccomp

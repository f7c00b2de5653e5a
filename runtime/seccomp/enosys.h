#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/seccomp/program.h"

namespace crux::seccomp {

/// How the numbers of one architecture are told from those of another with the same audit value.
enum class Numbering : std::uint8_t {
    plain,
    x86_64,  ///< bit 30 clear
    x32,     ///< the same audit value as x86_64, bit 30 set
    s390,    ///< number 0 stands for a call that the kernel does not know
};

/// The highest system call number that a profile names on one architecture.
struct LastSyscall {
    std::uint32_t audit_arch = 0;  ///< AUDIT_ARCH_*, as struct seccomp_data has it
    std::uint32_t number = 0;      ///< with bit 30 on x32
    Numbering numbering = Numbering::plain;
};

/// Instructions to stand in front of a filter: a call with a number above its architecture's last
/// one gets ENOSYS, everything else goes on to the filter. A C library that tries a new system call
/// first falls back on ENOSYS but not on EPERM, and a profile written before the call existed
/// cannot know it. Empty for an empty list.
std::vector<Instruction> enosys_prologue(std::span<const LastSyscall> last);

}  // namespace crux::seccomp

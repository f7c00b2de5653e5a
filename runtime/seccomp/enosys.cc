#include "runtime/seccomp/enosys.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

namespace crux::seccomp {
namespace {

constexpr std::uint16_t kLoad = BPF_LD | BPF_W | BPF_ABS;
constexpr std::uint16_t kReturn = BPF_RET | BPF_K;
constexpr std::uint16_t kJump = BPF_JMP | BPF_JA;
constexpr std::uint16_t kJumpIfEqual = BPF_JMP | BPF_JEQ | BPF_K;
constexpr std::uint16_t kJumpIfAbove = BPF_JMP | BPF_JGT | BPF_K;
constexpr std::uint16_t kJumpIfBits = BPF_JMP | BPF_JSET | BPF_K;

constexpr std::uint32_t kX32Bit = 0x40000000;
constexpr Instruction kLoadArch{kLoad, 0, 0, offsetof(seccomp_data, arch)};
constexpr Instruction kLoadNumber{kLoad, 0, 0, offsetof(seccomp_data, nr)};
constexpr Instruction kReturnEnosys{kReturn, 0, 0, SECCOMP_RET_ERRNO | ENOSYS};
/// To the filter behind the prologue; the distance is filled in at the end.
constexpr Instruction kToFilter{kJump, 0, 0, 0};

using Code = std::vector<Instruction>;

/// The check of one numbering, with the call's number loaded: returns, or goes on to the filter.
void add_check(Code& code, const LastSyscall& last) {
    if (last.numbering == Numbering::s390)
        code.insert(code.end(), {{kJumpIfEqual, 0, 1, 0}, kReturnEnosys});
    code.insert(code.end(), {{kJumpIfAbove, 0, 1, last.number}, kReturnEnosys, kToFilter});
}

/// The check of one numbering of an audit value that x86_64 and x32 share: calls of the other
/// numbering go past it.
void add_x86_check(Code& code, const LastSyscall& last) {
    Code check;
    add_check(check, last);
    const auto past = static_cast<std::uint8_t>(check.size());
    const bool x32 = last.numbering == Numbering::x32;
    code.push_back(
        {kJumpIfBits, x32 ? std::uint8_t{0} : past, x32 ? past : std::uint8_t{0}, kX32Bit});
    code.insert(code.end(), check.begin(), check.end());
}

/// Everything for calls of one audit value, entered with the audit value loaded.
Code section(std::span<const LastSyscall> all, std::uint32_t audit_arch) {
    Code body{kLoadNumber};
    for (const LastSyscall& last : all) {
        if (last.audit_arch != audit_arch) continue;
        const bool shared = last.numbering == Numbering::x86_64 || last.numbering == Numbering::x32;
        if (shared)
            add_x86_check(body, last);
        else
            add_check(body, last);
    }
    body.push_back(kToFilter);
    Code code{{kJumpIfEqual, 0, static_cast<std::uint8_t>(body.size()), audit_arch}};
    code.insert(code.end(), body.begin(), body.end());
    return code;
}

}  // namespace

std::vector<Instruction> enosys_prologue(std::span<const LastSyscall> last) {
    if (last.empty()) return {};
    Code code{kLoadArch};
    std::vector<std::uint32_t> done;
    for (const LastSyscall& entry : last) {
        if (std::ranges::find(done, entry.audit_arch) != done.end()) continue;
        done.push_back(entry.audit_arch);
        const Code part = section(last, entry.audit_arch);
        code.insert(code.end(), part.begin(), part.end());
    }
    for (std::size_t at = 0; at < code.size(); ++at)
        if (code[at].code == kJump) code[at].k = static_cast<std::uint32_t>(code.size() - at - 1);
    return code;
}

}  // namespace crux::seccomp

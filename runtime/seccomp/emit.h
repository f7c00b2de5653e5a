#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "oci-spec/types.h"
#include "runtime/seccomp/bpf_program.h"

/// Translates decisions to instructions. Pure; for this directory only.
namespace crux::seccomp {

/// Conditions on a call's arguments, all of which must hold, and the action if they do.
struct Guarded {
    std::vector<oci::SeccompArg> conditions;  ///< argument numbers are 0 to 5
    std::uint32_t action = 0;                 ///< SECCOMP_RET_* with its data
};

/// The result for a call: the action of the first guarded entry whose conditions hold, else the
/// other action.
struct Verdict {
    std::vector<Guarded> guarded;
    std::uint32_t otherwise = 0;
};

/// The verdict for the numbers from this one to the start of the next range.
struct Range {
    std::uint32_t first = 0;
    Verdict verdict;
};

/// The width of an architecture's arguments. With 32 bits, only the lower half of an argument is
/// compared, and a value means itself or its sign extension.
enum class Width : std::uint8_t { bits32, bits64 };

/// All calls with one AUDIT_ARCH_* value.
struct Section {
    std::uint32_t audit_arch = 0;
    Width width = Width::bits64;
    std::vector<Range> ranges;  ///< ascending, the first begins at 0
};

/// The filter: calls of other architectures get the foreign action. A call takes a comparison for
/// each section before its own and then some more for the ranges; neighbouring ranges with equal
/// verdicts are merged.
std::vector<Instruction> emit(std::span<const Section> sections, std::uint32_t foreign);

}  // namespace crux::seccomp

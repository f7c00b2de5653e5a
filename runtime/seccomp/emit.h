#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "oci-spec/types.h"
#include "runtime/seccomp/bpf_program.h"

/// From decisions to instructions. Pure; for this folder only.
namespace crux::seccomp {

/// Conditions on a call's arguments, all of which must hold, and what is answered then.
struct Guarded {
    std::vector<oci::SeccompArg> conditions;  ///< argument numbers are 0 to 5
    std::uint32_t action = 0;                 ///< SECCOMP_RET_* with its data
};

/// What is answered to a call: the action of the first of the guarded ones whose conditions hold,
/// else the other action.
struct Verdict {
    std::vector<Guarded> guarded;
    std::uint32_t otherwise = 0;
};

/// A verdict for the numbers from this one up to the next range's first.
struct Range {
    std::uint32_t first = 0;
    Verdict verdict;
};

/// How wide the arguments of an architecture are. Where they have 32 bits, only the lower half of a
/// register is looked at, and a value stands for itself or for its sign extension.
enum class Width : std::uint8_t { bits32, bits64 };

/// All calls that come with one AUDIT_ARCH_* value.
struct Section {
    std::uint32_t audit_arch = 0;
    Width width = Width::bits64;
    std::vector<Range> ranges;  ///< ascending, the first begins at 0
};

/// The filter: calls of no section get the foreign action. A call takes a comparison for each
/// section before its own and then some more for the ranges, of which neighbours with equal answers
/// become one.
std::vector<Instruction> emit(std::span<const Section> sections, std::uint32_t foreign);

}  // namespace crux::seccomp

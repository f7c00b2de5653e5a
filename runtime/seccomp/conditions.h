#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "oci-spec/types.h"
#include "runtime/seccomp/bpf_program.h"
#include "runtime/seccomp/emit.h"

/// For this directory only.
namespace crux::seccomp {

/// Instructions that return the action if all conditions hold, and else continue with the code
/// after them.
std::vector<Instruction> guarded_code(std::span<const oci::SeccompArg> conditions,
                                      std::uint32_t action, Width width);

}  // namespace crux::seccomp

#pragma once

#include <string>
#include <vector>

#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/seccomp/bpf_program.h"

/// For this folder only.
namespace crux::seccomp {

/// The part of a program that takes long to make and depends on nothing but the profile's actions,
/// architectures and rules, libseccomp and the kernel: what the cache keeps.
struct Filter {
    std::vector<Instruction> instructions;      ///< as BpfProgram has them
    std::vector<std::string> unknown_syscalls;  ///< as BpfProgram has them
    bool operator==(const Filter&) const = default;
};

/// Everything of compile() but the flags and the listener.
Result<Filter> compile_filter(const oci::Seccomp& profile);

/// The filter with the profile's flags and its wish for a listener, both checked.
Result<BpfProgram> program_of(const oci::Seccomp& profile, Filter filter);

}  // namespace crux::seccomp

#pragma once

#include <string>
#include <vector>

#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/seccomp/bpf_program.h"

/// For this directory only.
namespace crux::seccomp {

/// The part of a program that takes long to compile and depends only on the profile's actions,
/// architectures and rules, libseccomp and the kernel: the content of the cache.
struct Filter {
    std::vector<Instruction> instructions;      ///< as BpfProgram has them
    std::vector<std::string> unknown_syscalls;  ///< as BpfProgram has them
    bool operator==(const Filter&) const = default;
};

/// All of compile() except the flags and the listener.
Result<Filter> compile_filter(const oci::Seccomp& profile);

/// Adds the profile's flags and the listener to the filter, after checking both.
Result<BpfProgram> program_of(const oci::Seccomp& profile, Filter filter);

}  // namespace crux::seccomp

#pragma once

#include <string>

#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/seccomp/program.h"

namespace crux::seccomp {

/// Translates a profile to a program with libseccomp, for the native architecture and those of the
/// profile, and puts a prologue in front that answers ENOSYS to system calls newer than any that
/// the profile names (enosys.h). Meaning of the profile: runtime-spec config-linux.md, Seccomp;
/// where that is silent, as runc has it:
/// - a rule whose action equals the default action is left out, as is a name unknown to libseccomp;
/// - several conditions on one argument of one rule are alternatives (each becomes a rule);
/// - an errno that is not given is EPERM;
/// - a call of an architecture that is not listed kills the thread;
/// - absent flags mean SECCOMP_FILTER_FLAG_SPEC_ALLOW.
/// Failures are of the kind spec and carry the JSON pointer (/linux/seccomp/syscalls/3/args/0), or
/// of the kind unsupported where this libseccomp or this kernel lacks what is asked.
Result<Program> compile(const oci::Seccomp& profile);

/// The version of libseccomp that the program runs with: "2.5.4".
std::string libseccomp_version();

}  // namespace crux::seccomp

#pragma once

#include <string>
#include <vector>

#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/seccomp/bpf_program.h"

namespace crux::seccomp {

/// Translates a profile to a program for the native architecture and those of the profile. The
/// numbers of calls and architectures are libseccomp's; the instructions are our own
/// (docs/decisions/0008-seccomp-instructions.md). What a profile means is told by runtime-spec's
/// config-linux.md, Seccomp, and where that is silent by what runc and libseccomp do:
/// - a rule whose action equals the default action is left out, as is a name unknown to libseccomp;
/// - of several rules for one call, the first without conditions decides; if there is none, the
///   strictest of those whose conditions hold, in seccomp(2)'s order of actions;
/// - several conditions on one argument of one rule are alternatives;
/// - SCMP_CMP_MASKED_EQ looks at the bits of its mask only, also in valueTwo;
/// - on 32-bit architectures a value stands for a number that an argument of 32 bits can hold, or
///   for the sign extension of one;
/// - conditions cannot be seen behind socketcall(2) and ipc(2), and are taken to hold there;
/// - an errno that is not given is EPERM;
/// - a call of an architecture that is not listed kills the thread;
/// - where the default action refuses, a call with a number above all that the profile names gets
///   ENOSYS: a C library that tries a new call first falls back on ENOSYS but not on EPERM, and a
///   profile older than the call cannot know it. The same goes for number 0 on s390, which stands
///   for a call that the kernel does not know;
/// - absent flags mean SECCOMP_FILTER_FLAG_SPEC_ALLOW.
/// Failures are of the kind spec and carry the JSON pointer
/// (/linux/seccomp/syscalls/3/args/0/index), or of the kind unsupported where this libseccomp or
/// this kernel lacks what is asked.
Result<BpfProgram> compile(const oci::Seccomp& profile);

/// Names that libseccomp does not know, with ` (did you mean "open"?)` after each that has one
/// wrong letter. A letter added or missing at the end does not count: such a name is probably a
/// call that is newer than this libseccomp. Reads all names of libseccomp, which is too slow for
/// create.
std::vector<std::string> with_suggestions(const std::vector<std::string>& unknown);

/// The version of libseccomp that the program runs with: "2.5.4".
std::string libseccomp_version();

}  // namespace crux::seccomp

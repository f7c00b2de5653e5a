#pragma once

#include <string>
#include <vector>

#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/seccomp/bpf_program.h"

namespace crux::seccomp {

/// Translates a profile to a program for the native architecture and those of the profile. The
/// numbers of calls and architectures come from libseccomp; crux generates the instructions
/// (docs/decisions/0008-seccomp-instructions.md). The meaning of a profile is defined in the
/// runtime specification (config-linux.md, Seccomp), and where that says nothing, by what runc and
/// libseccomp do:
/// - a rule whose action equals the default action is left out, as is a name unknown to libseccomp;
/// - of several rules for one call, the first without conditions decides; if there is none, the
///   strictest of those whose conditions hold, in seccomp(2)'s order of actions;
/// - several conditions on one argument of one rule are alternatives;
/// - SCMP_CMP_MASKED_EQ compares only the bits of its mask, also in valueTwo;
/// - on 32-bit architectures a value means a number that fits in an argument of 32 bits, or the
///   sign extension of one;
/// - conditions cannot be checked behind socketcall(2) and ipc(2), and count as true there;
/// - a missing errno is EPERM;
/// - a call of an architecture that is not listed kills the thread;
/// - an architecture that no process of this machine can have adds nothing: one of the other byte
///   order, or one that this libseccomp does not know;
/// - if the default action refuses calls, a call with a number above all that the profile names
///   fails with ENOSYS: a C library that first tries a new call uses an older one after ENOSYS but
///   not after EPERM, and a profile older than the call cannot contain it. The same applies to
///   number 0 on s390, which means a call that the kernel does not know;
/// - missing flags mean SECCOMP_FILTER_FLAG_SPEC_ALLOW.
/// Errors are of the kind spec and have the JSON pointer (/linux/seccomp/syscalls/3/args/0/index),
/// or of the kind unsupported if this kernel does not support a part of the profile.
Result<BpfProgram> compile(const oci::Seccomp& profile);

/// Names that libseccomp does not know, with ` (did you mean "open"?)` after each that has one
/// wrong letter. A letter added or missing at the end does not count: such a name is probably a
/// call that is newer than this libseccomp. Reads all names of libseccomp, which is too slow for
/// create.
std::vector<std::string> with_suggestions(const std::vector<std::string>& unknown);

/// The version of the libseccomp in use: "2.5.4".
std::string libseccomp_version();

}  // namespace crux::seccomp

#pragma once

#include <seccomp.h>

#include <cstdint>
#include <optional>
#include <string>

#include "oci-spec/types.h"

/// The profile's words as libseccomp has them. For this folder only.
namespace crux::seccomp {

/// An action with its errno: SCMP_ACT_*. Only ERRNO and TRACE use the errno; absent is EPERM.
std::uint32_t action_value(oci::SeccompAction action, std::optional<std::uint32_t> errno_ret);

/// The action's name in config.json.
const char* action_name(oci::SeccompAction action);

/// Whether an errno may stand beside the action.
bool takes_errno(oci::SeccompAction action);

/// SCMP_CMP_*.
scmp_compare operator_value(oci::SeccompOperator op);

/// The architecture's name as seccomp_arch_resolve_name(3) wants it: config.json's name in lower
/// case, without SCMP_ARCH_.
const char* architecture_word(oci::SeccompArch arch);

/// The architecture's name in config.json.
std::string architecture_name(oci::SeccompArch arch);

}  // namespace crux::seccomp

#pragma once

#include <seccomp.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "oci-spec/types.h"

/// The profile's words as libseccomp has them. For this folder only.
namespace crux::seccomp {

/// An action with its errno: SCMP_ACT_*. Only ERRNO and TRACE use the errno; absent is EPERM.
std::uint32_t action_value(oci::SeccompAction action, std::optional<std::uint32_t> errno_ret);

/// SCMP_CMP_*.
scmp_compare operator_value(oci::SeccompOperator op);

/// The names of config.json.
std::string_view name_of(oci::SeccompAction action);
std::string_view name_of(oci::SeccompArch arch);
std::string_view name_of(oci::SeccompFlag flag);

/// SCMP_ARCH_*, or 0 where this libseccomp does not know the architecture.
std::uint32_t architecture_token(oci::SeccompArch arch);

}  // namespace crux::seccomp

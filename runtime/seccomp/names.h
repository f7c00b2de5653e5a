#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "oci-spec/types.h"

/// Translates the names of a profile to the kernel's and libseccomp's values. For this directory
/// only.
namespace crux::seccomp {

/// An action with its errno: SECCOMP_RET_*. Only ERRNO and TRACE use the errno; absent is EPERM.
std::uint32_t action_value(oci::SeccompAction action, std::optional<std::uint32_t> errno_ret);

/// The names of config.json.
std::string_view name_of(oci::SeccompAction action);
std::string_view name_of(oci::SeccompArch arch);
std::string_view name_of(oci::SeccompFlag flag);

/// libseccomp's SCMP_ARCH_*, or 0 if this libseccomp does not know the architecture.
std::uint32_t architecture_token(oci::SeccompArch arch);

}  // namespace crux::seccomp

#pragma once

#include <cstdint>

#include "oci-spec/types.h"
#include "runtime/base/error.h"

namespace crux::seccomp {

/// Whether some rule, or the default, asks a supervisor: the filter is loaded with a listener.
bool wants_listener(const oci::Seccomp& profile);

/// The SECCOMP_FILTER_FLAG_* bits to load the profile's filter with: the profile's flags, or
/// SPEC_ALLOW when it has none, and NEW_LISTENER where wants_listener. Fails, with the pointer of
/// the flag, for a flag that this kernel lacks. WAIT_KILLABLE_RECV is left out without a listener:
/// the kernel refuses it then.
Result<std::uint32_t> load_flags(const oci::Seccomp& profile);

/// Whether the running kernel knows the flag. Changes nothing.
bool flag_supported(oci::SeccompFlag flag);

}  // namespace crux::seccomp

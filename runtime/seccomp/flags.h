#pragma once

#include <cstdint>

#include "oci-spec/types.h"
#include "runtime/base/error.h"

namespace crux::seccomp {

/// Whether a rule, or the default, notifies a supervisor: the filter is loaded with a listener.
bool wants_listener(const oci::Seccomp& profile);

/// The SECCOMP_FILTER_FLAG_* bits for the profile's filter: the profile's flags, or SPEC_ALLOW if
/// it has none, and NEW_LISTENER if wants_listener. Fails, with the pointer of the flag, if this
/// kernel does not support a flag. WAIT_KILLABLE_RECV is left out without a listener, because the
/// kernel refuses it then.
Result<std::uint32_t> load_flags(const oci::Seccomp& profile);

/// Whether the running kernel supports the flag. Changes nothing.
bool flag_supported(oci::SeccompFlag flag);

}  // namespace crux::seccomp

#pragma once

#include <cstdint>

#include "runtime/base/error.h"
#include "runtime/sys/zstring.h"

namespace crux::sys {

/// A key's number in the kernel.
using KeySerial = std::int32_t;

/// keyctl(KEYCTL_JOIN_SESSION_KEYRING): a session keyring of that name, made where there is none.
Result<KeySerial, Errno> join_session_keyring(ZString name) noexcept;
/// keyctl(KEYCTL_SETPERM).
Result<void, Errno> set_key_permissions(KeySerial key, std::uint32_t permissions) noexcept;

}  // namespace crux::sys

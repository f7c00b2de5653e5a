#include "runtime/sys/keyctl.h"

#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/sys/checked.h"

namespace crux::sys {

Result<KeySerial, Errno> join_session_keyring(ZString name) noexcept {
    long key = TRY(detail::checked("join session keyring", [&] {
        return ::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name.c_str());
    }));
    return static_cast<KeySerial>(key);
}

Result<void, Errno> set_key_permissions(KeySerial key, std::uint32_t permissions) noexcept {
    return detail::done("set key permissions",
                        [&] { return ::syscall(SYS_keyctl, KEYCTL_SETPERM, key, permissions); });
}

}  // namespace crux::sys

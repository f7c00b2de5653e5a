#include "runtime/sys/confine.h"

#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/sys/checked.h"
#include "runtime/sys/handle.h"

namespace crux::sys {

using detail::done;
using detail::owned;

Result<void, Errno> landlock_deny(std::uint64_t rights) noexcept {
    struct ::landlock_ruleset_attr attributes = {};
    attributes.handled_access_fs = rights;
    const Fd rules = TRY(owned<Fd>("landlock_create_ruleset", [&] {
        return ::syscall(SYS_landlock_create_ruleset, &attributes,
                         sizeof attributes.handled_access_fs, 0);
    }));
    return done("landlock_restrict_self",
                [&] { return ::syscall(SYS_landlock_restrict_self, rules.get(), 0); });
}

Result<void, Errno> add_call_filter(std::span<const struct ::sock_filter> program) noexcept {
    struct ::sock_fprog whole = {};
    whole.len = static_cast<unsigned short>(program.size());
    whole.filter = const_cast<struct ::sock_filter*>(program.data());
    return done("seccomp", [&] {
        return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
                         &whole);
    });
}

}  // namespace crux::sys

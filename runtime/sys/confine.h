#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <span>

#include "runtime/base/error.h"

/// Restrictions that a process puts on itself and on the programs that it executes, and that it
/// cannot remove. Both require no_new_privs or CAP_SYS_ADMIN.
namespace crux::sys {

/// Denies these rights (LANDLOCK_ACCESS_FS_*, landlock(7)) on every file that is opened from now
/// on. ENOSYS or EOPNOTSUPP if the kernel has no Landlock.
Result<void, Errno> landlock_deny(std::uint64_t rights) noexcept;

/// Adds a filter of system calls, seccomp(2). It does not make the process pay for mitigations
/// against its own code (SECCOMP_FILTER_FLAG_SPEC_ALLOW, 4.17).
Result<void, Errno> add_call_filter(std::span<const struct ::sock_filter> program) noexcept;

}  // namespace crux::sys

#pragma once

#include <sys/mount.h>

#include <cstddef>
#include <cstdint>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"
#include "runtime/sys/zstring.h"

// <sys/mount.h> defines the constants of <linux/mount.h>, and not every system can include both.
// Constants that are missing in the oldest supported header follow.
#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256  // 5.10
#endif

namespace crux::sys {

/// The argument of mount_setattr(2), with the layout of the kernel's struct mount_attr.
struct MountAttr {
    std::uint64_t set = 0;             ///< MOUNT_ATTR_*
    std::uint64_t clear = 0;           ///< MOUNT_ATTR_*
    std::uint64_t propagation = 0;     ///< MS_PRIVATE, MS_SLAVE, MS_SHARED, MS_UNBINDABLE or 0
    std::uint64_t user_namespace = 0;  ///< with MOUNT_ATTR_IDMAP: a descriptor's number
};

// --- the descriptor calls (5.2; mount_setattr 5.12) ---

/// open_tree(2) with OPEN_TREE_CLOEXEC added; OPEN_TREE_CLONE gives a detached copy.
Result<MountFd, Errno> open_tree(FdRef directory, ZString path, unsigned flags) noexcept;
/// move_mount(2); paths may be empty with MOVE_MOUNT_F_EMPTY_PATH and MOVE_MOUNT_T_EMPTY_PATH.
Result<void, Errno> move_mount(FdRef from, ZString from_path, FdRef to, ZString to_path,
                               unsigned flags) noexcept;
/// fsopen(2): a context to configure a new file system in.
Result<Fd, Errno> fsopen(ZString type) noexcept;
/// fsconfig(FSCONFIG_CMD_CREATE).
Result<void, Errno> fsconfig_create(FdRef context) noexcept;
/// fsmount(2): the detached mount of a created context, with MOUNT_ATTR_* on it.
Result<MountFd, Errno> fsmount(FdRef context, unsigned attributes) noexcept;
/// mount_setattr(2) (5.12); AT_EMPTY_PATH and AT_RECURSIVE as flags.
Result<void, Errno> mount_setattr(FdRef directory, ZString path, unsigned flags,
                                  const MountAttr& attributes) noexcept;

// --- the path calls ---

/// mount(2). Pass null pointers for missing arguments: any data string, even an empty one, costs
/// the kernel a page.
Result<void, Errno> mount(const char* source, ZString target, const char* type, unsigned long flags,
                          const char* data = nullptr) noexcept;
/// umount2(2).
Result<void, Errno> umount2(ZString target, int flags) noexcept;

/// The ID of the mount that a file is in (statx STATX_MNT_ID, 5.8). No two mounts have the same ID
/// at the same time. It is the first field of the mount's line in mountinfo.
Result<std::uint64_t, Errno> mount_id(FdRef file) noexcept;

}  // namespace crux::sys

#include "runtime/sys/mount.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/sys/checked.h"

namespace crux::sys {

using detail::done;
using detail::owned;

Result<MountFd, Errno> open_tree(FdRef directory, ZString path, unsigned flags) noexcept {
    return owned<MountFd>("open_tree", [&] {
        return ::syscall(SYS_open_tree, directory.get(), path.c_str(), flags | O_CLOEXEC);
    });
}

Result<void, Errno> move_mount(FdRef from, ZString from_path, FdRef to, ZString to_path,
                               unsigned flags) noexcept {
    return done("move_mount", [&] {
        return ::syscall(SYS_move_mount, from.get(), from_path.c_str(), to.get(), to_path.c_str(),
                         flags);
    });
}

Result<Fd, Errno> fsopen(ZString type) noexcept {
    return owned<Fd>("fsopen", [&] { return ::syscall(SYS_fsopen, type.c_str(), FSOPEN_CLOEXEC); });
}

namespace {

Result<void, Errno> fsconfig(FdRef context, unsigned command, const char* key, const char* value,
                             int number) noexcept {
    return done("fsconfig", [&] {
        return ::syscall(SYS_fsconfig, context.get(), command, key, value, number);
    });
}

}  // namespace

Result<void, Errno> fsconfig_create(FdRef context) noexcept {
    return fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0);
}

Result<MountFd, Errno> fsmount(FdRef context, unsigned attributes) noexcept {
    return owned<MountFd>("fsmount", [&] {
        return ::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, attributes);
    });
}

Result<void, Errno> mount_setattr(FdRef directory, ZString path, unsigned flags,
                                  const MountAttr& attributes) noexcept {
    static_assert(sizeof(MountAttr) == MOUNT_ATTR_SIZE_VER0);
    return done("mount_setattr", [&] {
        return ::syscall(SYS_mount_setattr, directory.get(), path.c_str(), flags, &attributes,
                         sizeof(attributes));
    });
}

Result<void, Errno> mount(const char* source, ZString target, const char* type, unsigned long flags,
                          const char* data) noexcept {
    return done("mount", [&] { return ::mount(source, target.c_str(), type, flags, data); });
}

Result<void, Errno> umount2(ZString target, int flags) noexcept {
    return done("umount", [&] { return ::umount2(target.c_str(), flags); });
}

Result<std::uint64_t, Errno> mount_id(FdRef file) noexcept {
    constexpr unsigned kMountId = 0x1000U;
    struct ::statx answer = {};
    TRY(done("statx", [&] { return ::statx(file.get(), "", AT_EMPTY_PATH, kMountId, &answer); }));
    if ((answer.stx_mask & kMountId) == 0) return std::unexpected(Errno{"statx", ENOSYS});
    return answer.stx_mnt_id;
}

}  // namespace crux::sys

#include "runtime/checkpoint/restore_mounts.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/stat.h>

#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/sys/directory.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/namespace.h"
#include "runtime/sys/process.h"

namespace crux::checkpoint {

namespace {

constexpr std::uint64_t kInRoot = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;

Result<sys::Fd, Errno> open_in_root(sys::FdRef root, const std::string& path, int flags) {
    return sys::openat2(root, path, O_PATH | flags, kInRoot);
}

Result<sys::Fd, Errno> make(sys::FdRef root, sys::FdRef parent, const std::string& path,
                            const std::string& name, bool directory) {
    constexpr mode_t kDirectoryMode = 0755;
    constexpr mode_t kFileMode = 0644;
    auto found = open_in_root(root, path, directory ? O_DIRECTORY : 0);
    if (found || found.error().value != ENOENT) return found;
    if (directory) {
        TRY(sys::mkdirat(parent, name, kDirectoryMode));
    } else {
        const sys::Fd made =
            TRY(sys::openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, kFileMode));
    }
    return open_in_root(root, path, directory ? O_DIRECTORY : 0);
}

Status bind(const std::string& source, sys::FdRef target) {
    const sys::MountFd tree = TRY(
        sys::open_tree(sys::FdRef::cwd(), source, OPEN_TREE_CLONE | AT_RECURSIVE).during(source));
    TRY(sys::move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)
            .during(source));
    return {};
}

Result<bool> is_directory(const std::string& path) {
    const struct ::stat status =
        TRY(sys::fstatat(sys::FdRef::cwd(), path).during(cat("bind mount of ", path)));
    return S_ISDIR(status.st_mode);
}

}  // namespace

Result<sys::Fd> make_mount_point(sys::FdRef root, const std::string& path, bool directory) {
    std::vector<std::string> names;
    for (const std::string_view part : split(path, '/')) {
        // Names after ".." must not be created: a directory made on the way could be in the wrong
        // place.
        if (part == "..")
            return fail(Error::Kind::spec, cat("mount point ", path, ": must not contain \"..\""));
        if (!part.empty() && part != ".") names.emplace_back(part);
    }
    sys::Fd here = TRY(open_in_root(root, ".", O_DIRECTORY).during(path));
    std::string walked;
    for (std::size_t i = 0; i < names.size(); ++i) {
        walked += cat('/', names[i]);
        const bool last = i + 1 == names.size();
        here = TRY(make(root, here, walked, names[i], !last || directory)
                       .during(cat("mount point ", path)));
    }
    return here;
}

Result<PrivateMounts> PrivateMounts::enter() {
    constexpr const char* kDoing = "create mount namespace for criu";
    sys::NamespaceFd before = TRY(sys::open_own_namespace("mnt").during(kDoing));
    sys::Fd folder = TRY(sys::openat(sys::FdRef::cwd(), ".", O_PATH | O_DIRECTORY).during(kDoing));
    TRY(sys::unshare(CLONE_NEWNS).during(kDoing));
    PrivateMounts mounts(std::move(before), std::move(folder));
    TRY(sys::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE).during(kDoing));
    return mounts;
}

Status PrivateMounts::leave() {
    if (!before_) return {};
    TRY(sys::setns(before_, CLONE_NEWNS).during("return to the host's mount namespace"));
    before_.reset();
    return sys::fchdir(folder_).during("return to the working directory");
}

Status PrivateMounts::show_root(const std::string& rootfs, const std::string& folder) {
    const sys::Fd target =
        TRY(sys::openat(sys::FdRef::cwd(), folder, O_PATH | O_DIRECTORY).during(folder));
    return bind(rootfs, target);
}

Status PrivateMounts::make_mount_points(const std::string& rootfs,
                                        std::span<const MountPoint> mounts) {
    for (const MountPoint& mount : mounts) {
        // Opened again each time, because bind mounts cover what is below them.
        const sys::Fd root =
            TRY(sys::openat(sys::FdRef::cwd(), rootfs, O_PATH | O_DIRECTORY).during(rootfs));
        const bool directory = mount.source.empty() || TRY(is_directory(mount.source));
        const sys::Fd point = TRY(make_mount_point(root, mount.destination, directory));
        if (!mount.source.empty()) TRY(bind(mount.source, point));
    }
    return {};
}

}  // namespace crux::checkpoint

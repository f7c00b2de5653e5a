#include "runtime/container/root_mount.h"

#include <fcntl.h>

#include <algorithm>

#include "runtime/base/text.h"
#include "runtime/host/cgroup_layout.h"
#include "runtime/sys/directory.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"

namespace crux::container {

namespace {

/// Attaches a detached mount there. Below a shared mount it becomes shared itself, so that only now
/// it can be made private; by mount(2), which every kernel has.
Status attach(sys::FdRef mount, sys::FdRef target) {
    TRY(sys::move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
    TRY(sys::mount(nullptr, sys::FdPath(mount), nullptr, MS_REC | MS_PRIVATE));
    return {};
}

Result<bool> is_there(const launch::Journal::Mount& mount) {
    const std::string text =
        TRY(sys::read_file("/proc/self/mountinfo").during("/proc/self/mountinfo"));
    const std::vector<host::MountEntry> all = TRY(host::parse_mountinfo(text));
    return std::ranges::any_of(all, [&](const host::MountEntry& entry) {
        return static_cast<std::uint64_t>(entry.id) == mount.id &&
               host::unescaped(entry.mountpoint) == mount.path;
    });
}

/// Detaches the topmost mount at the path. Private first: what is bound from a shared mount would
/// take the mounts below its source along.
Status detach_topmost(const std::string& path) {
    const sys::Fd top =
        TRY(sys::openat(sys::FdRef::cwd(), path, O_PATH | O_DIRECTORY | O_NOFOLLOW));
    TRY(sys::mount(nullptr, sys::FdPath(top), nullptr, MS_REC | MS_PRIVATE));
    TRY(sys::umount2(sys::FdPath(top), MNT_DETACH));
    return {};
}

}  // namespace

Status mount_root(launch::Journal& journal, const plan::HostPart& host) {
    if (host.mounted_root.empty()) return {};
    const std::string doing = cat("mount ", host.mounted_root, " on itself");
    const sys::Fd directory =
        TRY(sys::openat(sys::FdRef::cwd(), host.mounted_root, O_PATH | O_DIRECTORY)
                .during(doing)
                .at("/root/path"));
    // Two mounts, one on the other. The first has no mounts below it: where the host's tree is
    // shared, copies of it appear in other mount namespaces, and the kernel takes them away with it
    // only if they are bare. The second, which is the root, is then not seen elsewhere.
    const sys::MountFd tree =
        TRY(sys::open_tree(directory, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | AT_RECURSIVE)
                .during(doing));
    const sys::MountFd bare =
        TRY(sys::open_tree(directory, "", AT_EMPTY_PATH | OPEN_TREE_CLONE).during(doing));
    launch::Journal::Mount mount;
    mount.id = TRY(sys::mount_id(bare).during(doing));
    mount.path = TRY(sys::readlinkat(sys::FdRef::cwd(), sys::FdPath(directory)).during(doing));
    TRY(journal.note_mount(mount));
    TRY(attach(bare, directory).during(doing));
    return attach(tree, bare).during(doing);
}

Status take_away(const launch::Journal::Mount& mount) {
    // Two are ours. Mounts that hooks or users put over them since are removed with them.
    constexpr int kMost = 64;
    for (int taken = 0; taken < kMost; ++taken) {
        if (!TRY(is_there(mount))) return {};
        TRY(detach_topmost(mount.path).during(cat("unmount the container's root ", mount.path)));
    }
    return fail(Error::Kind::state,
                cat("too many mounts lie over the container's root ", mount.path));
}

}  // namespace crux::container

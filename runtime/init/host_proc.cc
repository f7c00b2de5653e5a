#include "runtime/init/host_proc.h"

#include "runtime/init/libc.h"
#include "runtime/init/mount_list.h"
#include "runtime/init/mount_object.h"

namespace crux::init {

namespace {

constexpr std::size_t kPathMax = 4096;

bool equal(const char* left, const char* right) {
    return memcmp(left, right, strlen(right) + 1) == 0;
}

bool is_whole_proc_or_sys(const MountLine& line) {
    return equal(line.root, "/") && (equal(line.type, "proc") || equal(line.type, "sysfs"));
}

bool is_below(const char* path, const char* folder, std::size_t length) {
    return memcmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == 0);
}

Outcome hide(Context& context, const char* point) {
    const OpenHow how{kOpenPath | kDirectory | kCloseOnExec, 0,
                      kResolveNoSymlinks | kResolveNoMagicLinks};
    const Outcome opened = call(__NR_openat2, kCurrentDirectory, point, &how, sizeof how);
    // It was unmounted with the mount above it, or another mount hides it.
    if (opened.error() == kNoEntry || opened.error() == kNotDirectory) return {};
    const Owned directory(TRY(opened));
    // An unmount in a shared tree would propagate to the host.
    if (!context.tree_is_slave)
        TRY(propagate(directory.get(), plan::kSlave | plan::kPropagateRecursive));
    TRY(call(__NR_fchdir, directory.get()));
    const Outcome unmounted = call(__NR_umount2, ".", kUnmountDetach);
    if (unmounted.error() != kInvalid && unmounted.error() != kNotPermitted) return unmounted;
    // In a user namespace the host's mounts are locked. One that was unmounted with another is no
    // mount point any more.
    const Owned cover(TRY(empty_directory(context)));
    const Outcome covered = attach(cover.get(), directory.get());
    return covered.error() == kInvalid ? Outcome() : covered;
}

}  // namespace

Outcome hide_host_proc(Context& context) {
    const Outcome opened =
        call(__NR_openat, kCurrentDirectory, "/proc/self/mountinfo", kReadOnly | kCloseOnExec);
    // No procfs at /proc: there is none to hide there, and others cannot be found without it.
    if (opened.error() == kNoEntry) return {};
    const Owned file(TRY(opened));
    // The whole list first, since each unmount changes it.
    char* list = nullptr;
    TRY(read_mount_list(file.get(), list));
    char root[kPathMax];
    Buffer<40> link;
    link.add("/proc/self/fd/").add_number(static_cast<unsigned long>(context.root.get()));
    const auto length = static_cast<std::size_t>(
        TRY(call(__NR_readlinkat, kCurrentDirectory, link.text(), root, sizeof root - 1)));
    root[length] = 0;
    MountLine line;
    while (next_mount(list, line))
        if (is_whole_proc_or_sys(line) && !is_below(line.point, root, length))
            TRY(hide(context, line.point));
    return {};
}

}  // namespace crux::init

#include "runtime/init/mount_call.h"

namespace crux::init {

namespace {

/// The topmost mount on the process's root directory: ".." in the root leads to it, "/" does not.
constexpr char kOverRoot[] = "/..";

Outcome mount_over_root(Context& context, const plan::Mount& step, const plan::MountCall& with) {
    const char* source = step.source.length != 0 ? context.text(step.source) : nullptr;
    TRY(call(__NR_mount, source, kOverRoot, context.text(step.type), with.flags,
             context.text(with.data)));
    if (with.remount_flags != 0)
        TRY(call(__NR_mount, nullptr, kOverRoot, nullptr, with.remount_flags, nullptr));
    const Outcome mount =
        call(__NR_open_tree, kCurrentDirectory, kOverRoot, kOpenTreeClone | kOpenTreeCloseOnExec);
    TRY(call(__NR_umount2, kOverRoot, kUnmountDetach));
    return mount;
}

/// No path leads to a mount on the root directory of the process, which stays below it. So the
/// paths in the options are found as before. The tmpfs is between both because mount(2) refuses a
/// filesystem on its own root, and the one that is mounted can be that of the root directory.
Outcome mount_in_tree(Context& context, const plan::Mount& step, const plan::MountCall& with) {
    TRY(call(__NR_mount, "none", "/", "tmpfs", kMountReadOnly, "nr_inodes=1,nr_blocks=1"));
    Owned mount(TRY(mount_over_root(context, step, with)));
    TRY(call(__NR_umount2, kOverRoot, kUnmountDetach));
    return mount.release();
}

/// The same in a copy of the mount namespace, which no other process sees and which ends with this
/// process.
Outcome mount_in_copy(Context& context, const plan::Mount& step, const plan::MountCall& with) {
    TRY(call(__NR_unshare, static_cast<std::uint32_t>(plan::Namespace::mount)));
    TRY(call(__NR_mount, nullptr, "/", nullptr, kMountPrivate, nullptr));
    return mount_in_tree(context, step, with);
}

/// Runs it in a process that has this one's descriptors, and so leaves the mount to it.
Outcome mount_apart(Context& context, const plan::Mount& step, const plan::MountCall& with) {
    constexpr int kReadAndWrite = 3;
    constexpr int kSharedAnonymous = 0x21;
    constexpr std::uint64_t kCloneFiles = 0x400;
    constexpr std::uint64_t kChildSignal = 17;
    auto* result = static_cast<Outcome*>(raw::pointer(
        TRY(call(__NR_mmap, nullptr, sizeof(Outcome), kReadAndWrite, kSharedAnonymous, -1, 0))));
    *result = refuse(kProtocol, __NR_clone3);
    const struct {
        std::uint64_t words[8];
    } clone{{kCloneFiles, 0, 0, 0, kChildSignal, 0, 0, 0}};
    const long pid = TRY(call(__NR_clone3, &clone, sizeof clone));
    if (pid == 0) {
        *result = mount_in_copy(context, step, with);
        exit_now(0);
    }
    // lint: allow wait: it lasts as long as its calls of mount(2), which here would last as long.
    while (call(__NR_wait4, pid, nullptr, 0, nullptr).error() == kInterrupted) {
    }
    return *result;
}

}  // namespace

Outcome mount_detached(Context& context, const plan::Mount& step) {
    const auto& with = *context.items<plan::MountCall>(step.call);
    return with.apart != 0 ? mount_apart(context, step, with) : mount_in_tree(context, step, with);
}

}  // namespace crux::init

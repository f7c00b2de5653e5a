#include "runtime/init/host_proc.h"
#include "runtime/init/libc.h"
#include "runtime/init/mount_object.h"
#include "runtime/init/paths.h"

namespace crux::init {

Outcome set_propagation(Context& context, const plan::Propagation& step) {
    const Owned host_root(
        TRY(call(__NR_openat, kCurrentDirectory, "/", kOpenPath | kDirectory | kCloseOnExec)));
    TRY(propagate(host_root.get(), step.in_order));
    const auto wish = step.in_order & 7U;
    const bool whole_tree = (step.in_order & plan::kPropagateRecursive) != 0;
    context.tree_is_slave = whole_tree && (wish == plan::kSlave || wish == plan::kPrivate);
    return {};
}

namespace {

/// pivot_root refuses while the mount that contains the new root is shared. The root of that mount
/// is one of the parent directories.
Outcome propagate_holder(int directory, std::uint32_t in_order) {
    if (in_order == 0) return {};
    constexpr std::uint64_t kMountRoot = 0x2000;  // STATX_ATTR_MOUNT_ROOT, Linux 5.8
    Owned here(TRY(call(__NR_openat, directory, ".", kOpenPath | kDirectory | kCloseOnExec)));
    for (;;) {
        Statx status;
        TRY(status_of(here.get(), status));
        if ((status.attributes & kMountRoot) != 0) return propagate(here.get(), in_order);
        here =
            Owned(TRY(call(__NR_openat, here.get(), "..", kOpenPath | kDirectory | kCloseOnExec)));
    }
}

}  // namespace

Outcome open_root(Context& context, const plan::Root& step) {
    Owned directory(TRY(call(__NR_openat, kCurrentDirectory, context.text(step.path),
                             kOpenPath | kDirectory | kCloseOnExec)));
    if (step.keep_mount != 0) {
        context.root = static_cast<Owned&&>(directory);
        return {};
    }
    TRY(propagate_holder(directory.get(), step.propagation));
    // pivot_root requires a mount point, so the directory is bind-mounted on itself. From here on
    // the new mount is the root.
    Owned tree(step.from != plan::kNoSlot ? context.slot(step.from)
                                          : TRY(clone_mount(directory.get(), true)));
    TRY(attach(tree.get(), directory.get()));
    context.root = static_cast<Owned&&>(tree);
    return {};
}

namespace {

/// The old root is mounted over the new one at "."; once it is unmounted, no path leads to the
/// host.
Outcome leave_old_root(Context& context) {
    if (!context.tree_is_slave)
        // An unmount in a shared tree would propagate to the host.
        TRY(call(__NR_mount, nullptr, ".", nullptr, kMountSlave | kMountRecursive, nullptr));
    return call(__NR_umount2, ".", kUnmountDetach);
}

}  // namespace

Outcome enter_root(Context& context, const plan::EnterRoot& step) {
    TRY(call(__NR_fchdir, context.root.get()));
    switch (step.how) {
        case plan::EnterRootHow::pivot: {
            Owned old_root;
            if (!context.tree_is_slave)
                old_root = Owned(TRY(call(__NR_openat, kCurrentDirectory, "/",
                                          kOpenPath | kDirectory | kCloseOnExec)));
            TRY(call(__NR_pivot_root, ".", "."));
            if (old_root.open()) TRY(call(__NR_fchdir, old_root.get()));
            TRY(leave_old_root(context));
            break;
        }
        case plan::EnterRootHow::move:
            TRY(hide_host_proc(context));
            TRY(call(__NR_fchdir, context.root.get()));
            TRY(call(__NR_mount, ".", "/", nullptr, kMountMove, nullptr));
            TRY(call(__NR_chroot, "."));
            break;
        case plan::EnterRootHow::chroot:
            TRY(call(__NR_chroot, "."));
            break;
    }
    TRY(call(__NR_chdir, "/"));
    context.in_root = true;
    return {};
}

}  // namespace crux::init

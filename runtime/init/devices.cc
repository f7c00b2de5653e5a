#include "runtime/init/libc.h"
#include "runtime/init/mount_object.h"
#include "runtime/init/paths.h"

namespace crux::init {

namespace {

/// The encoding of makedev(3).
std::uint64_t device_number(std::uint32_t major, std::uint32_t minor) {
    return (std::uint64_t{minor} & 0xffU) | ((std::uint64_t{major} & 0xfffU) << 8U) |
           ((std::uint64_t{minor} & ~0xffULL) << 12U) | ((std::uint64_t{major} & ~0xfffULL) << 32U);
}

Outcome check_same(int node, const plan::DeviceNode& step) {
    Statx status;
    TRY(status_of(node, status));
    const bool same_type = (status.mode & kTypeMask) == (step.mode & kTypeMask);
    const bool fifo = (step.mode & kTypeMask) == kTypeFifo;
    const bool same_number = status.rdev_major == step.major && status.rdev_minor == step.minor;
    return same_type && (fifo || same_number) ? Outcome() : refuse(kExists, __NR_mknodat);
}

/// mknod(2) is not permitted in a user namespace: the host's node is bind-mounted instead.
Outcome bind_node(Context& context, const plan::DeviceNode& step) {
    Buffer<4096> host;
    host.add("/").add(context.text(step.path));
    const Owned source(TRY(call(__NR_open_tree, kCurrentDirectory, host.text(),
                                kOpenTreeClone | kOpenTreeCloseOnExec | kSymlinkNoFollow)));
    TRY(check_same(source.get(), step));
    const Owned target(TRY(make_target(context, context.text(step.path), Target::file)));
    return attach(source.get(), target.get());
}

}  // namespace

Outcome make_node(Context& context, const plan::DeviceNode& step) {
    if (step.bind_from_host != 0) return bind_node(context, step);
    const ParentAndName place = make_parent(context, context.text(step.path));
    const Owned parent(TRY(place.parent));
    const Outcome made = call(__NR_mknodat, parent.get(), place.name, step.mode,
                              device_number(step.major, step.minor));
    if (!made.failed() && step.uid == 0 && step.gid == 0) return {};
    if (made.failed() && made.error() != kExists) return made;
    // The name may have been replaced meanwhile: change owner and mode of the node that was
    // checked.
    const Owned node(
        TRY(call(__NR_openat, parent.get(), place.name, kOpenPath | kNoFollow | kCloseOnExec)));
    TRY(check_same(node.get(), step));
    if (made.failed()) return {};
    return call(__NR_fchownat, node.get(), "", step.uid, step.gid, kEmptyPath);
}

Outcome make_link(Context& context, const plan::Symlink& step) {
    const ParentAndName place = make_parent(context, context.text(step.path));
    const Owned parent(TRY(place.parent));
    const Outcome made = call(__NR_symlinkat, context.text(step.target), parent.get(), place.name);
    if (made.error() != kExists) return made;
    // Otherwise an entry of the image stays: crux never opens these names.
    if (context.step->flags != plan::kReplace) return {};
    TRY(call(__NR_unlinkat, parent.get(), place.name, 0));
    return call(__NR_symlinkat, context.text(step.target), parent.get(), place.name);
}

}  // namespace crux::init

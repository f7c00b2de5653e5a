#include "runtime/init/mount_object.h"

#include "runtime/init/libc.h"

namespace crux::init {

namespace {

constexpr unsigned long propagation_flag(std::uint8_t wish) {
    switch (wish & 7U) {
        case plan::kShared:
            return kMountShared;
        case plan::kSlave:
            return kMountSlave;
        case plan::kPrivate:
            return kMountPrivate;
        default:
            return kMountUnbindable;
    }
}

/// mount(2) on a descriptor, by its path below /proc, which is the host's until the root is
/// entered.
Outcome mount_on_descriptor(int mount, unsigned long flags) {
    Buffer<40> path;
    path.add("/proc/self/fd/").add_number(static_cast<unsigned long>(mount));
    return call(__NR_mount, nullptr, path.text(), nullptr, flags, nullptr);
}

/// The access-time flags of mount(2), from the mount's present flags (f_flags of statfs(2)) and the
/// requested attributes.
unsigned long atime_flags(std::uint64_t now, const plan::Attributes& attributes) {
    constexpr std::uint64_t kNowNoAtime = 1024;
    constexpr std::uint64_t kNowNoDirAtime = 2048;
    constexpr std::uint64_t kNowRelAtime = 4096;
    const std::uint32_t named = attributes.set | attributes.clear;
    const bool no_directories =
        (attributes.set & kAttributeNoDirAtime) != 0 ||
        ((now & kNowNoDirAtime) != 0 && (named & kAttributeNoDirAtime) == 0);
    const unsigned long directories = no_directories ? kMountNoDirAtime : 0;
    if ((named & kAttributeAtime) != 0) {
        if ((attributes.set & kAttributeNoAtime) != 0) return directories | kMountNoAtime;
        if ((attributes.set & kAttributeStrictAtime) != 0) return directories | kMountStrictAtime;
        return directories | kMountRelAtime;
    }
    if ((now & kNowNoAtime) != 0) return directories | kMountNoAtime;
    return directories | ((now & kNowRelAtime) != 0 ? kMountRelAtime : kMountStrictAtime);
}

/// Whether mount(2) can do it too: it has flags for some attributes of a single mount.
bool can_remount(const plan::Attributes& attributes) {
    constexpr std::uint64_t kOld = kAttributeReadOnly | kAttributeNoSuid | kAttributeNoDev |
                                   kAttributeNoExec | kAttributeAtime | kAttributeNoDirAtime;
    return (attributes.set & ~kOld) == 0 &&
           (attributes.clear & ~(kOld | kAttributeNoSymlinkFollow)) == 0 &&
           (attributes.recursive_set | attributes.recursive_clear) == 0;
}

/// Before mount_setattr (Linux 5.12): the first four attributes have the same bits in all three
/// interfaces.
Outcome remount(int mount, const plan::Attributes& attributes) {
    constexpr std::uint64_t kSame =
        kAttributeReadOnly | kAttributeNoSuid | kAttributeNoDev | kAttributeNoExec;
    if (!can_remount(attributes)) return refuse(kNoSystemCall, __NR_mount_setattr);
    struct {
        long words[16];
    } status{};
    TRY(call(__NR_fstatfs, mount, &status));
    const auto now = static_cast<std::uint64_t>(status.words[10]);  // f_flags
    std::uint64_t wanted =
        ((now & kSame) & ~std::uint64_t{attributes.clear}) | (attributes.set & kSame);
    if ((now & kStatNoSymlinkFollow) != 0 && (attributes.clear & kAttributeNoSymlinkFollow) == 0)
        wanted |= kMountNoSymlinkFollow;
    return mount_on_descriptor(mount,
                               kMountRemount | kMountBind | wanted | atime_flags(now, attributes));
}

Outcome set(int mount, unsigned flags, const MountAttr& attr) {
    return call(__NR_mount_setattr, mount, "", kEmptyPath | flags, &attr, sizeof attr);
}

MountAttr attr_of(std::uint32_t set, std::uint32_t clear) {
    // The access time is a field with three modes: clear it to set one.
    const std::uint64_t atime = ((set | clear) & kAttributeAtime) != 0 ? kAttributeAtime : 0;
    return {set, clear | atime, 0, 0};
}

}  // namespace

Outcome clone_mount(int descriptor, bool recursive) {
    return call(
        __NR_open_tree, descriptor, "",
        kOpenTreeClone | kOpenTreeCloseOnExec | kEmptyPath | (recursive ? kAtRecursive : 0));
}

Outcome empty_directory(Context& context) {
    if (context.empty.open()) return clone_mount(context.empty.get(), false);
    const Owned file_system(TRY(call(__NR_fsopen, "tmpfs", kFsopenCloseOnExec)));
    TRY(call(__NR_fsconfig, file_system.get(), kFsconfigString, "nr_blocks", "1", 0));
    TRY(call(__NR_fsconfig, file_system.get(), kFsconfigString, "nr_inodes", "1", 0));
    TRY(call(__NR_fsconfig, file_system.get(), kFsconfigFlag, "ro", nullptr, 0));
    TRY(call(__NR_fsconfig, file_system.get(), kFsconfigCreate, nullptr, nullptr, 0));
    return call(__NR_fsmount, file_system.get(), kFsmountCloseOnExec,
                kAttributeReadOnly | kAttributeNoSuid | kAttributeNoDev | kAttributeNoExec);
}

Outcome attach(int mount, int target) {
    return call(__NR_move_mount, mount, "", target, "",
                kMoveMountFromEmptyPath | kMoveMountToEmptyPath);
}

namespace {

Outcome set_all(int mount, const plan::Attributes& attributes, int idmap) {
    if ((attributes.recursive_set | attributes.recursive_clear) != 0)
        TRY(set(mount, kAtRecursive,
                attr_of(attributes.recursive_set, attributes.recursive_clear)));
    if ((attributes.set | attributes.clear) == 0 && idmap < 0) return {};
    MountAttr attr = attr_of(attributes.set, attributes.clear);
    if (idmap >= 0) {
        attr.set |= kAttributeIdmap;
        attr.namespace_descriptor = static_cast<std::uint64_t>(idmap);
    }
    return set(mount, 0, attr);
}

}  // namespace

Outcome set_attributes(int mount, const plan::Attributes& attributes, int idmap) {
    const Outcome done = set_all(mount, attributes, idmap);
    if (done.error() == kNoSystemCall && idmap < 0) return remount(mount, attributes);
    return done;
}

Outcome attach_with(int mount, int target, const plan::Attributes& attributes, int idmap) {
    const Outcome done = set_all(mount, attributes, idmap);
    const bool is_old = done.error() == kNoSystemCall && idmap < 0 && can_remount(attributes);
    if (!is_old) TRY(done);
    TRY(attach(mount, target));
    return is_old ? remount(mount, attributes) : Outcome();
}

Outcome propagate(int mount, std::uint32_t in_order) {
    for (; in_order != 0; in_order >>= 8U) {
        const auto wish = static_cast<std::uint8_t>(in_order & 0xffU);
        const bool recursive = (wish & plan::kPropagateRecursive) != 0;
        const unsigned long flag = propagation_flag(wish);
        const Outcome done = set(mount, recursive ? kAtRecursive : 0, MountAttr{0, 0, flag, 0});
        if (done.error() == kNoSystemCall)
            TRY(mount_on_descriptor(mount, flag | (recursive ? kMountRecursive : 0)));
        else
            TRY(done);
    }
    return {};
}

}  // namespace crux::init

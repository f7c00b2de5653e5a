#include "runtime/launch/slots.h"

#include <sys/stat.h>

#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/launch/id_maps.h"
#include "runtime/plan/describe.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/namespace.h"

namespace crux::launch {

Result<sys::Fd> open_namespace(const std::string& path, plan::Namespace type,
                               const std::string& origin) {
    auto found = sys::open_namespace_at(path, static_cast<int>(type));
    if (!found && found.error().value == EINVAL)
        return std::unexpected(
            Error(Error::Kind::spec,
                  cat(path, " is not a ", plan::namespace_name(type), " namespace"))
                .at(origin));
    sys::NamespaceFd opened = TRY(std::move(found).during(cat("namespace ", path)).at(origin));
    return sys::Fd(std::move(opened).release());
}

Status refuse_own(sys::FdRef opened, plan::Namespace type, const plan::WrittenSysctl& sysctl) {
    if (sysctl.key.empty()) return {};
    const std::string own = cat("/proc/self/ns/", plan::namespace_file(type));
    const struct ::stat theirs = TRY(sys::fstat(opened).during(own));
    const sys::Fd file = TRY(sys::openat(sys::FdRef::cwd(), own, O_PATH).during(own));
    const struct ::stat ours = TRY(sys::fstat(file).during(own));
    if (theirs.st_dev != ours.st_dev || theirs.st_ino != ours.st_ino) return {};
    return std::unexpected(
        Error(Error::Kind::spec, cat("sysctl ", quoted(sysctl.key), " not allowed in host ",
                                     plan::namespace_name(type), " namespace"))
            .at(sysctl.origin));
}

namespace {

/// The user namespace whose ID mappings a mount gets; none if the mount is not ID-mapped.
Result<sys::Fd> open_idmap(const plan::SlotUse& use) {
    if (!use.idmap_path.empty())
        return open_namespace(use.idmap_path, plan::Namespace::user, use.origin);
    if (use.uid_map.empty() && use.gid_map.empty()) return sys::Fd();
    return user_namespace_with(use.uid_map, use.gid_map, use.origin);
}

/// mount_setattr(2) returns EINVAL if the filesystem does not support ID-mapped mounts, and if the
/// mount is ID-mapped already.
Status map_ids(sys::FdRef tree, sys::FdRef idmap, const plan::SlotUse& use) {
    sys::MountAttr attributes;
    attributes.set = MOUNT_ATTR_IDMAP;
    attributes.user_namespace = static_cast<std::uint64_t>(idmap.get());
    const unsigned recursive = use.map_recursive ? AT_RECURSIVE : 0;
    auto mapped = sys::mount_setattr(tree, "", AT_EMPTY_PATH | recursive, attributes);
    if (!mapped && mapped.error().value == ENOSYS)
        return std::unexpected(Error(Error::Kind::unsupported,
                                     cat("map the IDs of ", use.path, ": requires Linux 5.12"))
                                   .at(use.origin));
    if (!mapped && mapped.error().value == EINVAL)
        return std::unexpected(
            Error(mapped.error())
                .during(cat("map the IDs of ", use.path,
                            " (its filesystem may not support ID-mapped mounts)"))
                .at(use.origin));
    return std::move(mapped).during(cat("map the IDs of ", use.path)).at(use.origin);
}

/// A copy of a shared mount is in its peer group: mounts of the container below it would appear on
/// the host, and pivot_root(2) refuses it as a root. As a slave it still receives the host's
/// mounts.
Result<void, Errno> leave_peers(sys::FdRef tree) {
    const auto done =
        sys::mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, {.propagation = MS_SLAVE});
    if (done || done.error().value != ENOSYS) return done;
    // Before Linux 5.12.
    return sys::mount(nullptr, cat("/proc/self/fd/", tree.get()), nullptr, MS_SLAVE | MS_REC);
}

Result<sys::Fd> open_host_mount(const plan::SlotUse& use) {
    const unsigned recursive = use.recursive ? AT_RECURSIVE : 0;
    const sys::Fd idmap = TRY(open_idmap(use));
    sys::MountFd tree = TRY(sys::open_tree(sys::FdRef::cwd(), use.path, OPEN_TREE_CLONE | recursive)
                                .during(cat("bind source ", use.path))
                                .at(use.origin));
    TRY(leave_peers(tree).during(cat("bind source ", use.path)).at(use.origin));
    if (idmap) TRY(map_ids(tree, idmap, use));
    return sys::Fd(std::move(tree).release());
}

}  // namespace

Status map_mount(sys::FdRef tree, const plan::SlotUse& use) {
    return map_ids(tree, TRY(open_idmap(use)), use);
}

namespace {

/// A descriptor that the caller of launch owns.
sys::FdRef lent(const plan::SlotUse& use, const HostHandles& handles) {
    return use.what == plan::SlotUse::What::first_process ? handles.first_process : handles.console;
}

/// Opens the descriptor for one slot; none for a slot that `HostHandles` has a descriptor for.
Result<sys::Fd> open_slot(const plan::SlotUse& use, const HostHandles& handles) {
    using What = plan::SlotUse::What;
    switch (use.what) {
        case What::cgroup_tasks:
            return handles.group->open_tasks(use.index);
        case What::namespace_file: {
            sys::Fd opened = TRY(open_namespace(use.path, use.type, use.origin));
            TRY(refuse_own(opened, use.type, use.sysctl));
            return opened;
        }
        case What::host_mount:
            return open_host_mount(use);
        case What::idmap_namespace:
            return open_idmap(use);
        case What::first_process:
        case What::console_socket:
        case What::terminal_socket:
            break;
    }
    return sys::Fd();
}

}  // namespace

Result<int> InheritedFds::lend(sys::FdRef descriptor) {
    if (descriptor.get() < 0 || descriptor.get() >= keep_below_) {
        if (descriptor.get() >= 0) numbers_.push_back(descriptor.get());
        return descriptor.get();
    }
    return give(TRY(sys::dup(descriptor, keep_below_).during("move a descriptor")));
}

Result<int> InheritedFds::give(sys::Fd descriptor) {
    const int number = TRY(lend(descriptor));
    if (number == descriptor.get()) owned_.push_back(std::move(descriptor));
    return number;
}

Status open_slots(plan::Plan& plan, const HostHandles& handles, InheritedFds& inherited) {
    plan::Header& header = plan.header();
    header.slots[plan::kFifoSlot] = TRY(inherited.lend(handles.fifo));
    for (const plan::SlotUse& use : plan.host.slots) {
        sys::Fd opened = TRY(open_slot(use, handles));
        header.slots[use.slot] = opened ? TRY(inherited.give(std::move(opened)))
                                        : TRY(inherited.lend(lent(use, handles)));
        log_act(handles.step_log, "descriptor", use.path);
    }
    return {};
}

}  // namespace crux::launch

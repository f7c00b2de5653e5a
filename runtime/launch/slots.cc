#include "runtime/launch/slots.h"

#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/launch/id_maps.h"
#include "runtime/plan/words.h"
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

namespace {

Result<sys::Fd> open_host_mount(const plan::SlotUse& use) {
    const unsigned recursive = use.recursive ? AT_RECURSIVE : 0;
    sys::MountFd tree = TRY(sys::open_tree(sys::FdRef::cwd(), use.path, OPEN_TREE_CLONE | recursive)
                                .during(cat("bind source ", use.path))
                                .at(use.origin));
    return sys::Fd(std::move(tree).release());
}

/// The descriptor for one slot; none for those that belong to somebody else (`Outside`).
Result<sys::Fd> open_slot(const plan::SlotUse& use, const Outside& outside) {
    using What = plan::SlotUse::What;
    switch (use.what) {
        case What::cgroup_tasks:
            return outside.group->open_tasks(use.index);
        case What::namespace_file:
            return open_namespace(use.path, use.type, use.origin);
        case What::host_mount:
            return open_host_mount(use);
        case What::idmap_namespace:
            return user_namespace_with(use.uid_map, use.gid_map, use.origin);
        case What::console_socket:
        case What::terminal_socket:
            break;
    }
    return sys::Fd();
}

}  // namespace

Result<int> Inheritance::lend(sys::FdRef descriptor) {
    if (descriptor.get() < 0 || descriptor.get() >= keep_below_) {
        if (descriptor.get() >= 0) numbers_.push_back(descriptor.get());
        return descriptor.get();
    }
    return give(TRY(sys::dup(descriptor, keep_below_).during("move a descriptor")));
}

Result<int> Inheritance::give(sys::Fd descriptor) {
    const int number = TRY(lend(descriptor));
    if (number == descriptor.get()) owned_.push_back(std::move(descriptor));
    return number;
}

Status open_slots(plan::Plan& plan, const Outside& outside, Inheritance& inheritance) {
    plan::Header& header = plan.header();
    header.slots[plan::kFifoSlot] = TRY(inheritance.lend(outside.fifo));
    for (const plan::SlotUse& use : plan.host.slots) {
        sys::Fd opened = TRY(open_slot(use, outside));
        header.slots[use.slot] = opened ? TRY(inheritance.give(std::move(opened)))
                                        : TRY(inheritance.lend(outside.console));
    }
    return {};
}

}  // namespace crux::launch

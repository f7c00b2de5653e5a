#include "oci-spec/extensions.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/plan/draft.h"
#include "runtime/plan/long_values.h"
#include "runtime/plan/mount_options.h"

namespace crux::plan {

namespace {

/// Sets the slot's ID mappings to the container's.
void add_container_maps(const oci::Linux& linux, SlotUse& use) {
    const oci::Namespace* user = oci::find_namespace(linux, oci::NamespaceType::user);
    if (user != nullptr && !user->path.empty()) {
        use.idmap_path = user->path;
    } else {
        use.uid_map = id_map_text(linux.uid_mappings);
        use.gid_map = id_map_text(linux.gid_mappings);
    }
}

/// Sets the slot's ID mappings to the mount's own, or else to the container's.
void add_maps(const oci::Linux& linux, const oci::Mount& mount, SlotUse& use) {
    if (!mount.uid_mappings.empty() || !mount.gid_mappings.empty()) {
        use.uid_map = id_map_text(mount.uid_mappings);
        use.gid_map = id_map_text(mount.gid_mappings);
        return;
    }
    add_container_maps(linux, use);
}

/// The slot of the root's ID-mapped copy. The host makes it, since ID mapping requires privileges
/// over the filesystem.
Result<SlotIndex> root_slot(PlanDraft& draft, std::string_view rootfs) {
    if (!draft.config.extensions.root_idmap) return kNoSlot;
    const std::string origin = cat("/annotations/", oci::kRootIdmapAnnotation);
    if (!draft.mount_namespace)
        return std::unexpected(
            Error(Error::Kind::spec, "requires a mount namespace of the container").at(origin));
    SlotUse use = {.what = SlotUse::What::host_mount,
                   .recursive = true,
                   .path = std::string(rootfs),
                   .origin = origin};
    add_container_maps(draft.config.linux, use);
    return take_slot(draft, std::move(use));
}

}  // namespace

Status plan_tree(PlanDraft& draft, std::string_view rootfs) {
    const oci::Propagation wanted = draft.config.linux.rootfs_propagation;
    if (draft.mount_namespace) {
        const std::string_view origin =
            wanted == oci::Propagation::none ? "" : "/linux/rootfsPropagation";
        draft.add(Kind::propagation, origin).propagation = {tree_propagation(wanted)};
    }
    const SlotIndex from = TRY(root_slot(draft, rootfs));
    const Text path = draft.out.text(rootfs);
    draft.add(Kind::root, "/root/path").root = {
        .path = path,
        .propagation = draft.mount_namespace ? parent_propagation(wanted) : 0U,
        .from = from,
        .keep_mount = static_cast<std::uint16_t>(draft.mount_namespace ? 0 : 1),
    };
    return {};
}

namespace {

Status check_target(std::string_view target, const std::string& origin) {
    if (!target.empty()) return {};
    return std::unexpected(Error(Error::Kind::spec, "must not be the root directory itself")
                               .at(origin + "/destination"));
}

bool is_id_mapped(const oci::Mount& mount) {
    return mount.parsed.idmap != oci::IdMapOption::none || !mount.uid_mappings.empty() ||
           !mount.gid_mappings.empty();
}

/// The slots of a bind mount whose source the host opens or maps.
struct BindSlots {
    SlotIndex from = kNoSlot;
    SlotIndex idmap = kNoSlot;
};

/// An ID-mapped source below the root, in a user namespace. It may be in an earlier mount, which
/// only init sees, and only the host has the privileges to map its IDs. So init copies the mount
/// and the host maps the IDs of the copy.
bool is_mapped_copy(const PlanDraft& draft, const oci::Mount& mount, std::string_view source) {
    return is_id_mapped(mount) && draft.user_namespace && draft.facts.uid == 0 &&
           below_rootfs(draft, source).has_value();
}

void plan_mapped_copy(PlanDraft& draft, const oci::Mount& mount, const std::string& source,
                      const std::string& origin) {
    SlotUse use;
    use.what = SlotUse::What::idmap_namespace;
    use.map_recursive = mount.parsed.idmap == oci::IdMapOption::ridmap;
    use.path = source;
    use.origin = origin;
    add_maps(draft.config.linux, mount, use);
    const bool recursive = mount.parsed.bind == oci::BindOption::rbind;
    std::string scratch;
    const Text path = draft.out.text(path_in_root(*below_rootfs(draft, source), scratch));
    draft.add(Kind::ask_parent, origin).ask_parent = {
        .request = Request::map_ids,
        .source = path,
        .flags = static_cast<std::uint16_t>(recursive ? kRecursive : 0),
        .index = static_cast<std::uint16_t>(draft.host.mapped_sources.size()),
    };
    draft.host.mapped_sources.push_back(std::move(use));
}

/// Init opens a source itself, unless root of a user namespace may not reach or map it: then the
/// host opens it with its own privileges.
Result<BindSlots> bind_slots(PlanDraft& draft, const oci::Mount& mount, const std::string& source,
                             const std::string& origin) {
    const bool mapped = is_id_mapped(mount);
    // A source below the root may be in a mount that init makes earlier: the host does not see it.
    // Root of a user namespace does not have the privileges over the filesystem that ID mapping
    // requires.
    const bool inside = below_rootfs(draft, source).has_value();
    const bool by_host =
        draft.facts.uid == 0 && (draft.user_namespace ? mapped || !inside : mapped && !inside);
    BindSlots slots;
    if (!mapped && !by_host) return slots;
    SlotUse use = {
        .what = by_host ? SlotUse::What::host_mount : SlotUse::What::idmap_namespace,
        .recursive = mount.parsed.bind == oci::BindOption::rbind,
        .path = source,
        .map_recursive = mount.parsed.idmap == oci::IdMapOption::ridmap,
        .origin = origin,
    };
    if (mapped) add_maps(draft.config.linux, mount, use);
    auto slot = take_slot(draft, std::move(use));
    // Init can reach most sources itself.
    if (!slot && !mapped) return slots;
    (by_host ? slots.from : slots.idmap) = TRY(std::move(slot));
    return slots;
}

constexpr std::uint64_t kAccessTime = oci::kMountAttrAtimeMask | oci::kMountAttrNodiratime;

/// Whether the options select an access time mode or "nodiratime". "diratime" alone selects
/// nothing.
bool chooses_access_time(const oci::MountAttributes& wanted) {
    return (wanted.set & kAccessTime) != 0 || (wanted.clear & oci::kMountAttrAtimeMask) != 0;
}

/// A bind mount with options has only these: other options of the source's mount are cleared, as by
/// runc, crun and mount(8)'s remount. The access time mode stays unless an option selects one.
std::uint32_t implied_clear(const oci::MountAttributes& wanted) {
    if (wanted == oci::MountAttributes{}) return 0;
    std::uint64_t cleared = oci::kMountAttrRdonly | oci::kMountAttrNosuid | oci::kMountAttrNodev |
                            oci::kMountAttrNoexec | oci::kMountAttrNosymfollow;
    if (chooses_access_time(wanted)) cleared |= kAccessTime;
    return static_cast<std::uint32_t>(cleared & ~(wanted.set | wanted.clear));
}

/// The attributes that the options of a bind mount name.
Attributes bind_attributes(const oci::MountOptions& options) {
    Attributes attributes = attributes_of(options);
    if (!chooses_access_time(options.attributes))
        attributes.clear &= ~static_cast<std::uint32_t>(kAccessTime);
    return attributes;
}

std::string absolute_source(const PlanDraft& draft, const std::string& source) {
    return source.starts_with('/') ? source : cat(draft.bundle, '/', source);
}

Status plan_bind(PlanDraft& draft, const oci::Mount& mount, std::string_view target,
                 const std::string& origin) {
    const std::string source = absolute_source(draft, mount.source);
    const bool mapped_copy = is_mapped_copy(draft, mount, source);
    BindSlots slots;
    if (mapped_copy)
        plan_mapped_copy(draft, mount, source, origin);
    else
        slots = TRY(bind_slots(draft, mount, source, origin));
    unsigned flags = mapped_copy ? unsigned{kSourceMapped} : 0U;
    if (mount.parsed.bind == oci::BindOption::rbind) flags |= kRecursive;
    if (target == "proc") flags |= kOnlyProc;
    // The kernel locks the attributes of mounts from a more privileged mount namespace
    // (mount_namespaces(7)). A source that the host opened is not locked yet.
    if (draft.user_namespace || draft.facts.in_user_namespace) flags |= kKeepLocked;
    // Root of a user namespace may not be able to reach the bundle, but init has a descriptor of
    // the container's root.
    const auto inside = below_rootfs(draft, source);
    const bool from_root = inside && draft.user_namespace && slots.from == kNoSlot && !mapped_copy;
    if (from_root) flags |= kSourceInContainer;
    Step& step = add_bind(draft, from_root ? *inside : source, target,
                          bind_attributes(mount.parsed), origin);
    step.bind.flags = static_cast<std::uint16_t>(flags);
    step.bind.implied_clear = implied_clear(mount.parsed.attributes);
    const auto propagations = bind_propagations(draft, mount.parsed.propagation);
    step.bind.propagation = first_propagations(propagations);
    step.bind.from = slots.from;
    step.bind.idmap = slots.idmap;
    add_later_propagations(draft, propagations, target, origin);
    return {};
}

Status plan_remount(PlanDraft& draft, const oci::Mount& mount, std::string_view target,
                    const std::string& origin) {
    std::vector<Parameter> changes;
    if (!mount.is_bind()) changes = remount_parameters(draft.out, mount.parsed);
    TRY(check_remount(draft, mount, changes, origin));
    const List parameters = draft.out.list(std::span<const Parameter>(changes));
    const Text where = draft.out.text(target);
    draft.add(Kind::attributes, origin).attributes = {
        .target = where,
        .attributes = attributes_of(mount.parsed),
        .propagation = first_propagations(mount.parsed.propagation),
        .parameters = parameters,
    };
    add_later_propagations(draft, mount.parsed.propagation, target, origin);
    return {};
}

/// The slot of the user namespace for a filesystem that init mounts; none if it is not ID-mapped.
Result<SlotIndex> file_system_idmap(PlanDraft& draft, const oci::Mount& mount,
                                    const std::string& origin) {
    if (!is_id_mapped(mount)) return kNoSlot;
    if (draft.user_namespace)
        return std::unexpected(
            Error(Error::Kind::unsupported,
                  "a filesystem that is mounted in the container's user namespace cannot be "
                  "ID-mapped: it has the container's IDs already; only bind mounts can")
                .at(origin));
    SlotUse use = {
        .what = SlotUse::What::idmap_namespace, .path = mount.destination, .origin = origin};
    add_maps(draft.config.linux, mount, use);
    return take_slot(draft, std::move(use));
}

Status check_label(const PlanDraft& draft) {
    if (draft.config.linux.mount_label.empty() || draft.facts.selinux) return {};
    return std::unexpected(Error(Error::Kind::unsupported,
                                 "mount label is specified in config, but selinux is disabled or "
                                 "not supported")
                               .at("/linux/mountLabel"));
}

Status plan_file_system(PlanDraft& draft, const oci::Mount& mount, std::string_view target,
                        const std::string& origin) {
    const SlotIndex idmap = TRY(file_system_idmap(draft, mount, origin));
    Attributes attributes = fresh_attributes(mount.parsed);
    // crux creates device nodes and mount points in these, and so may later mounts.
    const bool filled_later = mount.type == "tmpfs" || target == "dev";
    if (filled_later && (attributes.set & oci::kMountAttrRdonly) != 0) {
        attributes.set &= ~static_cast<std::uint32_t>(oci::kMountAttrRdonly);
        draft.late_read_only.emplace_back(target, origin);
    }
    const Configuration configuration = TRY(configuration_of(draft, mount, attributes, origin));
    Step& step = add_mount(draft, {mount.type, mount.source, target}, configuration.parameters,
                           attributes, origin);
    step.mount.call = configuration.call;
    step.mount.flags = mount_flags(mount);
    step.mount.idmap = idmap;
    step.mount.propagation = first_propagations(mount.parsed.propagation);
    add_later_propagations(draft, mount.parsed.propagation, target, origin);
    return {};
}

}  // namespace

Status plan_mounts(PlanDraft& draft) {
    TRY(check_label(draft));
    std::string scratch;
    for (std::size_t index = 0; index < draft.config.mounts.size(); ++index) {
        const oci::Mount& mount = draft.config.mounts[index];
        const std::string origin = cat("/mounts/", index);
        // Some callers give the path on the host (runc also removes the root's path from it).
        const std::string_view named =
            below_rootfs(draft, mount.destination).value_or(mount.destination);
        const std::string_view target = path_in_root(named, scratch);
        TRY(check_target(target, origin));
        if (mount.parsed.remount)
            TRY(plan_remount(draft, mount, target, origin));
        else if (mount.is_bind())
            TRY(plan_bind(draft, mount, target, origin));
        else if (mount.type == "cgroup")
            plan_cgroup_mount(draft, mount, target, origin);
        else
            TRY(plan_file_system(draft, mount, target, origin));
    }
    return {};
}

void plan_read_only_mounts(PlanDraft& draft) {
    const auto make_read_only = [&](std::string_view target, std::string_view origin) {
        const Text where = draft.out.text(target);
        draft.add(Kind::attributes, origin).attributes = {
            .target = where,
            .attributes = attributes_with(oci::kMountAttrRdonly),
            .propagation = kNoPropagation,
            .parameters = {},
        };
    };
    for (const auto& [target, origin] : draft.late_read_only) make_read_only(target, origin);
    if (draft.config.root.readonly) make_read_only("", "/root/readonly");
}

void plan_enter_root(PlanDraft& draft, bool no_pivot) {
    EnterRootHow how = no_pivot ? EnterRootHow::move : EnterRootHow::pivot;
    if (!draft.mount_namespace) how = EnterRootHow::chroot;
    draft.add(Kind::enter_root, {}).enter_root = {how};
}

void plan_comparison(PlanDraft& draft) {
    if (!draft.own_mounts) return;
    draft.add(Kind::compare_mounts, {}).flags = draft.config.root.readonly ? kReadOnlyRoot : 0;
}

void plan_root_propagation(PlanDraft& draft) {
    const oci::Propagation wanted = draft.config.linux.rootfs_propagation;
    const std::uint32_t late = root_propagation(wanted);
    if (late == kNoPropagation || !draft.mount_namespace) return;
    draft.add(Kind::attributes, "/linux/rootfsPropagation").attributes = {
        .target = {}, .attributes = {}, .propagation = late, .parameters = {}};
}

}  // namespace crux::plan

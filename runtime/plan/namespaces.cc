#include <algorithm>
#include <array>

#include "oci-spec/diagnostics.h"
#include "oci-spec/rules.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/plan/draft.h"

namespace crux::plan {

void plan_session(PlanDraft& draft) {
    draft.add(Kind::session, {});
}

Status plan_cgroup_entry(PlanDraft& draft) {
    for (std::uint32_t index = 0; index < draft.host.cgroup.size(); ++index) {
        if (draft.host.cgroup[index].version != 1) continue;
        const std::string origin = draft.host.cgroup_origin;
        const SlotIndex slot = TRY(take_slot(
            draft, {.what = SlotUse::What::cgroup_tasks, .index = index, .origin = origin}));
        draft.add(Kind::enter_cgroup, origin).enter_cgroup = {slot};
    }
    return {};
}

void plan_resctrl(PlanDraft& draft) {
    if (draft.config.linux.intel_rdt)
        draft.add(Kind::ask_parent, "/linux/intelRdt").ask_parent.request = Request::resctrl_class;
}

namespace {

/// Whether a namespace must be joined before init runs. setns(2) changes the pid namespace only for
/// children. In a user namespace init does not have the privileges to join namespaces of the host.
/// Init always joins a time namespace itself: a process that shares its memory cannot.
bool is_joined_early(const PlanDraft& draft, oci::NamespaceType type) {
    if (type == oci::NamespaceType::time) return false;
    return type == oci::NamespaceType::pid || type == oci::NamespaceType::user ||
           draft.user_namespace;
}

/// A kernel parameter of the configuration that belongs to such a namespace, if there is one.
WrittenSysctl sysctl_of(const PlanDraft& draft, oci::NamespaceType type) {
    for (const auto& [key, value] : draft.config.linux.sysctl)
        if (oci::sysctl_namespace(key) == type)
            return {key, cat("/linux/sysctl", oci::pointer_token(key))};
    return {};
}

Status join(PlanDraft& draft, const oci::Namespace& entry, const std::string& origin) {
    const Namespace type = layout_type(entry.type);
    if (is_joined_early(draft, entry.type)) {
        draft.host.joins.push_back({type, entry.path, sysctl_of(draft, entry.type), origin});
        return {};
    }
    const SlotIndex slot = TRY(take_slot(draft, {.what = SlotUse::What::namespace_file,
                                                 .type = type,
                                                 .path = entry.path,
                                                 .sysctl = sysctl_of(draft, entry.type),
                                                 .origin = origin}));
    draft.add(Kind::join_namespace, origin).join_namespace = {type, slot};
    return {};
}

/// The order in which init joins namespaces: the mount namespace last, since in it the host's paths
/// no longer exist.
constexpr auto kJoinOrder = std::array{
    oci::NamespaceType::user,   oci::NamespaceType::pid,   oci::NamespaceType::network,
    oci::NamespaceType::ipc,    oci::NamespaceType::uts,   oci::NamespaceType::time,
    oci::NamespaceType::cgroup, oci::NamespaceType::mount,
};

}  // namespace

Status plan_namespaces(PlanDraft& draft, const std::vector<oci::Namespace>& namespaces,
                       std::string_view origin) {
    for (const oci::NamespaceType type : kJoinOrder) {
        for (std::size_t index = 0; index < namespaces.size(); ++index) {
            const oci::Namespace& entry = namespaces[index];
            if (entry.type != type) continue;
            const std::string where = origin.empty() ? std::string() : cat(origin, '/', index);
            if (!entry.path.empty()) {
                TRY(join(draft, entry, where));
            } else if (type != oci::NamespaceType::cgroup && type != oci::NamespaceType::time) {
                // clone3 creates them. init creates the cgroup and the time namespace later.
                draft.host.new_namespaces |= oci::namespace_word(type).clone_flag;
            }
        }
    }
    if ((draft.host.new_namespaces & static_cast<std::uint64_t>(Namespace::user)) != 0) {
        draft.host.uid_map = id_map_text(draft.config.linux.uid_mappings);
        draft.host.gid_map = id_map_text(draft.config.linux.gid_mappings);
    }
    return {};
}

Status plan_container_namespaces(PlanDraft& draft, std::span<const oci::NamespaceType> types) {
    std::uint32_t together = 0;
    for (const oci::NamespaceType type : kJoinOrder) {
        if (std::ranges::find(types, type) == types.end()) continue;
        // A process in the container's cgroup namespace, but outside its cgroup, cannot move a
        // process into the cgroup (cgroups(7), nsdelegate). So init joins the namespace: clone3 has
        // created it in the cgroup.
        if (type != oci::NamespaceType::cgroup && is_joined_early(draft, type))
            draft.host.joins.push_back({layout_type(type), {}, {}, {}});
        else
            together |= static_cast<std::uint32_t>(layout_type(type));
    }
    if (together == 0) return {};
    const SlotIndex slot = TRY(take_slot(draft, {.what = SlotUse::What::first_process}));
    draft.add(Kind::join_container, {}).join_container = {together, slot};
    return {};
}

namespace {

/// The JSON pointer of a new namespace of the type, or nothing if there is none.
std::optional<std::string> origin_of_new(const PlanDraft& draft, oci::NamespaceType type) {
    const std::vector<oci::Namespace>& namespaces = draft.config.linux.namespaces;
    for (std::size_t index = 0; index < namespaces.size(); ++index)
        if (namespaces[index].type == type && namespaces[index].path.empty())
            return cat("/linux/namespaces/", index);
    return std::nullopt;
}

}  // namespace

void plan_cgroup_namespace(PlanDraft& draft) {
    const auto origin = origin_of_new(draft, oci::NamespaceType::cgroup);
    if (origin) draft.add(Kind::new_namespace, *origin).new_namespace = {Namespace::cgroup};
}

void plan_time_offsets(PlanDraft& draft) {
    const auto origin = origin_of_new(draft, oci::NamespaceType::time);
    if (!origin) return;
    const oci::TimeOffsets& offsets = draft.config.linux.time_offsets;
    std::string text;
    if (offsets.monotonic)
        text += cat("monotonic ", offsets.monotonic->secs, ' ', offsets.monotonic->nanosecs, '\n');
    if (offsets.boottime)
        text += cat("boottime ", offsets.boottime->secs, ' ', offsets.boottime->nanosecs, '\n');
    constexpr const char* kOffsets = "/linux/timeOffsets";
    // With joined namespaces init must not be able to write its own files in /proc: then a process
    // in these namespaces could trace it. So crux writes the offsets.
    const bool by_host = !text.empty() && !draft.host.joins.empty();
    if (by_host) {
        draft.add(Kind::new_namespace, *origin).new_namespace = {Namespace::time};
        draft.add(Kind::ask_parent, kOffsets).ask_parent.request = Request::time_offsets;
        draft.host.time_offsets = text;
    }
    const Text lines = by_host ? Text{} : draft.out.text(text);
    draft.add(Kind::time_offsets, text.empty() ? *origin : kOffsets).time_offsets = {
        .text = lines, .is_made = by_host ? 1U : 0U};
}

void plan_network(PlanDraft& draft) {
    if (const auto origin = origin_of_new(draft, oci::NamespaceType::network))
        draft.add(Kind::loopback_up, *origin);
    if (!draft.config.linux.net_devices.empty())
        draft.add(Kind::ask_parent, "/linux/netDevices").ask_parent.request =
            Request::network_devices;
}

}  // namespace crux::plan

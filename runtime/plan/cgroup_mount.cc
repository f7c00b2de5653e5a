#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/plan/draft.h"
#include "runtime/plan/mount_options.h"

namespace crux::plan {

namespace {

/// One hierarchy that the container sees.
struct Shown {
    std::string_view mountpoint;
    std::string directory;  ///< the container's own cgroup, as the host sees it
    const std::vector<std::string>* controllers;
    int version;
};

std::vector<Shown> shown_hierarchies(const PlanDraft& draft) {
    std::vector<Shown> shown;
    if (!draft.host.cgroup.empty()) {
        for (const cgroup::CgroupDir& place : draft.host.cgroup)
            shown.push_back(
                {place.mountpoint, place.directory(), &place.controllers, place.version});
        return shown;
    }
    // The container stays in the caller's cgroup.
    for (const host::CgroupHierarchy& hierarchy : draft.facts.cgroup.hierarchies)
        if (!hierarchy.own_directory.empty())
            shown.push_back({hierarchy.mountpoint, hierarchy.own_directory, &hierarchy.controllers,
                             hierarchy.version});
    return shown;
}

/// The mount options of the hierarchy: its controllers, or the name of a named hierarchy.
List hierarchy_parameters(Assembler& out, const std::vector<std::string>& controllers) {
    std::vector<Parameter> parameters;
    constexpr std::string_view kNamed = "name=";
    for (const std::string& controller : controllers) {
        if (controller.starts_with(kNamed)) {
            parameters.push_back({.key = out.text("none"), .value = {}, .has_value = 0});
            const Text key = out.text("name");
            const Text value = out.text(std::string_view(controller).substr(kNamed.size()));
            parameters.push_back({.key = key, .value = value, .has_value = 1});
        } else {
            parameters.push_back({.key = out.text(controller), .value = {}, .has_value = 0});
        }
    }
    return out.list(std::span<const Parameter>(parameters));
}

/// What a container without a cgroup namespace sees: on version 2 the whole tree, so that the path
/// in /proc/self/cgroup exists (decision 0012), otherwise only its own cgroup.
std::string_view bound_directory(const PlanDraft& draft, const Shown& hierarchy) {
    const bool whole = draft.facts.cgroup.mode == host::CgroupMode::v2 && !draft.user_namespace &&
                       !draft.facts.in_user_namespace;
    return whole ? hierarchy.mountpoint : std::string_view(hierarchy.directory);
}

/// Shows one hierarchy at the target. In a cgroup namespace the root of a new mount is the
/// container's cgroup. Without one the host's mount is bound: a new mount would change the mount
/// options of the host's hierarchy and remove its "nsdelegate" (cgroups(7)).
void show(PlanDraft& draft, const Shown& hierarchy, const oci::Mount& mount,
          std::string_view target, const std::string& origin) {
    const Attributes attributes = fresh_attributes(mount.parsed);
    if (!draft.cgroup_namespace) {
        Step& step = add_bind(draft, bound_directory(draft, hierarchy), target, attributes, origin);
        step.bind.propagation =
            first_propagations(bind_propagations(draft, mount.parsed.propagation));
        return;
    }
    const bool unified = hierarchy.version == 2;
    const List parameters =
        unified ? List{} : hierarchy_parameters(draft.out, *hierarchy.controllers);
    Step& step = add_mount(draft, {unified ? "cgroup2" : "cgroup", "cgroup", target}, parameters,
                           attributes, origin);
    step.mount.propagation = first_propagations(mount.parsed.propagation);
}

std::string_view last_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

/// Programs look for controllers that are mounted together ("cpu,cpuacct") under each name.
void link_controllers(PlanDraft& draft, std::string_view folder, std::string_view target,
                      const std::string& origin) {
    if (folder.find(',') == std::string_view::npos) return;
    const Text to = draft.out.text(folder);
    for (const std::string_view name : split(folder, ',')) {
        const Text at = draft.out.text(cat(target, '/', name));
        draft.add(Kind::link, origin).link = {to, at};
    }
}

}  // namespace

void plan_cgroup_mount(PlanDraft& draft, const oci::Mount& mount, std::string_view target,
                       const std::string& origin) {
    const std::vector<Shown> hierarchies = shown_hierarchies(draft);
    if (draft.facts.cgroup.mode == host::CgroupMode::v2 && hierarchies.size() == 1) {
        show(draft, hierarchies.front(), mount, target, origin);
        return;
    }

    constexpr std::uint64_t kSafe =
        oci::kMountAttrNosuid | oci::kMountAttrNodev | oci::kMountAttrNoexec;
    const Text key = draft.out.text("mode");
    const Parameter mode = {.key = key, .value = draft.out.text("755"), .has_value = 1};
    const List parameters = draft.out.list(std::span(&mode, 1));
    Step& step =
        add_mount(draft, {"tmpfs", "tmpfs", target}, parameters, attributes_with(kSafe), origin);
    step.mount.propagation = first_propagations(mount.parsed.propagation);

    for (const Shown& hierarchy : hierarchies) {
        const std::string_view folder = last_name(hierarchy.mountpoint);
        show(draft, hierarchy, mount, cat(target, '/', folder), origin);
        link_controllers(draft, folder, target, origin);
    }
    if ((fresh_attributes(mount.parsed).set & oci::kMountAttrRdonly) != 0)
        draft.late_read_only.emplace_back(target, origin);
}

}  // namespace crux::plan

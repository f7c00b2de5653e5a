#include "runtime/plan/host_steps.h"

#include <algorithm>
#include <array>

#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/plan/describe.h"

namespace crux::plan {

namespace {

bool has_kind(const Plan& plan, Kind kind) {
    return std::ranges::any_of(plan.steps(),
                               [kind](const Step& step) { return step.kind == kind; });
}

/// The text on one line: quoted if it contains control characters.
std::string on_one_line(std::string_view text) {
    for (const char c : text)
        if (static_cast<unsigned char>(c) < 0x20) return quoted(text);
    return std::string(text);
}

void add_state(const Plan& plan, std::vector<HostStep>& steps) {
    if (!has_kind(plan, Kind::barrier)) return;
    steps.push_back(
        {"state",
         cat("create the state directory of ", quoted(plan.host.id),
             " with a copy of config.json and the journal"),
         "mkdir(2), open(2)",
         "later changes of the bundle do not affect the container; the journal lists each resource "
         "of the host before it is created, so that delete can remove it even after a crash",
         {}});
}

void add_fifo(const Plan& plan, std::vector<HostStep>& steps) {
    if (!has_kind(plan, Kind::barrier)) return;
    steps.push_back({"fifo",
                     "create the FIFO exec.fifo in the state directory",
                     "mkfifo(3), fifo(7)",
                     "init waits at this FIFO until start opens it",
                     {}});
}

void add_class(const Plan& plan, std::vector<HostStep>& steps) {
    for (const Step& step : plan.steps())
        if (step.kind == Kind::ask_parent && step.ask_parent.request == Request::resctrl_class &&
            has_kind(plan, Kind::barrier))
            steps.push_back({"class",
                             "create the container's resctrl class of service, or use the existing "
                             "one that intelRdt names",
                             "Documentation/filesystems/resctrl.rst, Linux 4.10",
                             "a class of service limits the use of CPU caches and of memory "
                             "bandwidth, which no cgroup controller limits",
                             std::string(plan.text(step.origin))});
}

void add_cgroups(const Plan& plan, std::vector<HostStep>& steps) {
    if (!has_kind(plan, Kind::barrier)) return;  // the one of a running container
    const bool by_systemd = !plan.host.unit.empty();
    if (by_systemd)
        steps.push_back({"unit", cat("ask systemd to start the unit ", plan.host.unit),
                         "org.freedesktop.systemd1(5), StartTransientUnit",
                         "systemd manages the cgroups of this host; it may change a cgroup that "
                         "does not belong to one of its units",
                         plan.host.cgroup_origin});
    for (const cgroup::CgroupDir& place : plan.host.cgroup) {
        std::string controllers = join(place.controllers, ",");
        steps.push_back(
            {"cgroup",
             cat(by_systemd ? "use the cgroup " : "create the cgroup ", place.directory(),
                 " (version ", place.version, controllers.empty() ? "" : ", controllers ",
                 controllers, ')'),
             "cgroups(7)",
             "a cgroup limits, counts, freezes and kills all processes of the container together",
             plan.host.cgroup_origin});
    }
}

void add_mounted_root(const Plan& plan, std::vector<HostStep>& steps) {
    if (plan.host.mounted_root.empty()) return;
    steps.push_back({"mounted_root",
                     cat("bind ", plan.host.mounted_root,
                         " on itself in the caller's mount namespace and make the tree private"),
                     "open_tree(2), move_mount(2), Linux 5.2; mount_namespaces(7)",
                     "without a mount namespace the container's mounts are made on the host; all "
                     "of them are below this one, and delete unmounts it",
                     plan.host.mounted_root_origin});
}

void add_limits(const Plan& plan, std::vector<HostStep>& steps) {
    constexpr std::string_view kWhy =
        "the limits apply before the first process of the container exists";
    for (const cgroup::Setting& setting : plan.host.limits.settings) {
        const std::string directory = setting.dir < plan.host.cgroup.size()
                                          ? plan.host.cgroup[setting.dir].directory()
                                          : std::string();
        steps.push_back(
            {"limit",
             cat("write ", on_one_line(setting.value), " to ", directory, '/', setting.file),
             "cgroups(7)", kWhy, setting.origin});
    }
    if (const auto& program = plan.host.limits.device_program) {
        const std::string directory = program->dir < plan.host.cgroup.size()
                                          ? plan.host.cgroup[program->dir].directory()
                                          : std::string();
        steps.push_back(
            {"devices", cat("attach the BPF program of the device rules to ", directory),
             "bpf(2), BPF_PROG_TYPE_CGROUP_DEVICE, Linux 4.15",
             "a process with CAP_MKNOD can create any device node; this program decides "
             "which devices the container can open",
             program->origin});
    }
}

std::string slot_words(const Plan& plan, const SlotUse& use) {
    switch (use.what) {
        case SlotUse::What::cgroup_tasks:
            return use.index < plan.host.cgroup.size()
                       ? cat("open ", plan.host.cgroup[use.index].directory(), "/tasks")
                       : std::string("open a tasks file");
        case SlotUse::What::namespace_file:
            return cat("open the ", namespace_name(use.type), " namespace ", use.path);
        case SlotUse::What::first_process:
            return "open a pidfd of the container's first process";
        case SlotUse::What::host_mount:
            return cat("open a copy of the mount at ", use.path);
        case SlotUse::What::idmap_namespace:
            return cat("create a user namespace with the ID mappings for ", use.path);
        case SlotUse::What::console_socket:
            return cat("connect to ", use.path);
        case SlotUse::What::terminal_socket:
            return "create a socket pair for the terminal";
    }
    return "open a descriptor";
}

void add_slots(const Plan& plan, std::vector<HostStep>& steps) {
    for (const SlotUse& use : plan.host.slots)
        steps.push_back({"descriptor", slot_words(plan, use), "open(2), open_tree(2), connect(2)",
                         "init inherits this descriptor, because it cannot open the file or socket "
                         "itself once it is in the container",
                         use.origin});
}

void add_joins(const Plan& plan, std::vector<HostStep>& steps) {
    for (const EarlyJoin& join : plan.host.joins)
        steps.push_back(
            {"join",
             cat("join the ", namespace_name(join.type), " namespace ",
                 join.path.empty() ? "of the container" : join.path),
             "setns(2)",
             "a process enters a pid namespace only by being created in it, and joining "
             "a namespace of the host requires privileges on the host",
             join.origin});
}

std::string clone_words(const Plan& plan) {
    std::string words = "start init";
    std::string made;
    for (const oci::NamespaceWord& word : oci::kNamespaces) {
        if ((plan.host.new_namespaces & word.clone_flag) == 0) continue;
        if (!made.empty()) made += ", ";
        made += word.name;
    }
    if (!made.empty()) words += cat(" in new namespaces: ", made);
    const int unified = cgroup::unified_dir(plan.host.cgroup);
    if (unified >= 0)
        words += cat(made.empty() ? "" : ";", " in the cgroup ",
                     plan.host.cgroup[static_cast<std::size_t>(unified)].directory());
    return words;
}

std::string map_words(std::string_view map) {
    std::string words;
    for (const std::string_view line : split(trimmed(map), '\n')) {
        if (!words.empty()) words += ", ";
        words += line;
    }
    return words;
}

void add_start(const Plan& plan, std::vector<HostStep>& steps) {
    steps.push_back({"clone", clone_words(plan),
                     "clone3(2), CLONE_INTO_CGROUP, Linux 5.7; memfd_create(2)",
                     "init is a small separate program in a sealed memfd, so that the container "
                     "never gets access to crux's binary on the host",
                     plan.host.new_namespaces == 0 ? std::string() : "/linux/namespaces"});
    if (plan.host.oom_score_adj)
        steps.push_back({"oom_score", cat("set init's oom_score_adj to ", *plan.host.oom_score_adj),
                         "proc(5), oom_score_adj",
                         "a process in a user namespace cannot lower its own score",
                         "/process/oomScoreAdj"});
    constexpr std::string_view kMapFacility = "user_namespaces(7)";
    constexpr std::string_view kMapWhy =
        "an ID in the container is another ID on the host (first ID in the container, first ID on "
        "the host, count); init waits for this, because exec without mappings drops all "
        "capabilities";
    if (!plan.host.uid_map.empty())
        steps.push_back({"id_map", cat("map the user IDs ", map_words(plan.host.uid_map)),
                         kMapFacility, kMapWhy, "/linux/uidMappings"});
    if (!plan.host.gid_map.empty())
        steps.push_back({"id_map", cat("map the group IDs ", map_words(plan.host.gid_map)),
                         kMapFacility, kMapWhy, "/linux/gidMappings"});
}

std::vector<HostStep> hook_steps(const std::vector<oci::Hook>& hooks, std::string_view moment,
                                 std::string_view why) {
    std::vector<HostStep> steps;
    steps.reserve(hooks.size());
    for (std::size_t index = 0; index < hooks.size(); ++index)
        steps.push_back({"hook", cat("run the ", moment, " hook ", on_one_line(hooks[index].path)),
                         "fork(2), execve(2)", why, cat("/hooks/", moment, '/', index)});
    return steps;
}

}  // namespace

std::vector<HostStep> host_steps_before(const Plan& plan) {
    std::vector<HostStep> steps;
    add_state(plan, steps);
    add_class(plan, steps);
    add_mounted_root(plan, steps);
    add_cgroups(plan, steps);
    add_limits(plan, steps);
    add_fifo(plan, steps);
    add_slots(plan, steps);
    add_joins(plan, steps);
    add_start(plan, steps);
    return steps;
}

std::vector<HostStep> host_steps_after(const Plan& plan) {
    std::vector<HostStep> steps;
    if (has_kind(plan, Kind::barrier))
        steps.push_back(
            {"record",
             "write state.json with init's pid and start time",
             "rename(2), proc(5), pidfd_open(2)",
             "later commands find the container through this file; the start time shows "
             "whether the pid still belongs to init",
             {}});
    steps.push_back({"pid_file",
                     "write the pid file, if the caller requested one",
                     "rename(2)",
                     "callers read the file as soon as it exists, so rename(2) creates it complete",
                     {}});
    return steps;
}

std::vector<HostStep> host_steps_of_start(const Plan& plan) {
    return hook_steps(plan.host.poststart, "poststart",
                      "the program was executed; start waits for these hooks before it returns");
}

std::vector<HostStep> host_steps_of_delete(const Plan& plan) {
    return hook_steps(plan.host.poststop, "poststop",
                      "everything of the container was removed; a hook that fails is a warning");
}

}  // namespace crux::plan

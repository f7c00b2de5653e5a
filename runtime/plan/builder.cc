#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/plan/draft.h"

namespace crux::plan {

namespace {

PlanDraft make_draft(const Inputs& inputs) {
    const oci::Linux& linux = inputs.config->linux;
    const auto has = [&](oci::NamespaceType type) {
        return oci::find_namespace(linux, type) != nullptr;
    };
    PlanDraft draft = {
        .config = *inputs.config,
        .process = inputs.config->process ? &*inputs.config->process : nullptr,
        .facts = *inputs.facts,
        .process_origin = "/process",
        .id = inputs.id,
        .bundle = inputs.bundle,
        .rootfs = inputs.rootfs,
        .user_namespace = has(oci::NamespaceType::user),
        .mount_namespace = has(oci::NamespaceType::mount),
        .own_mounts = has(oci::NamespaceType::mount),
        .cgroup_namespace = has(oci::NamespaceType::cgroup),
        .no_device_nodes = has(oci::NamespaceType::user) || inputs.facts->in_user_namespace,
        .out = {},
        .host = {},
        .late_read_only = {},
    };
    draft.host.id = inputs.id;
    draft.host.cgroup = inputs.cgroup;
    draft.host.unit = inputs.unit;
    if (!linux.cgroups_path.empty()) draft.host.cgroup_origin = "/linux/cgroupsPath";
    draft.host.limits = inputs.limits;
    draft.host.poststart = inputs.config->hooks.poststart;
    draft.host.poststop = inputs.config->hooks.poststop;
    return draft;
}

/// What of the configuration takes a mount: its pointer; empty where nothing does.
std::string_view asks_for_mounts(const PlanDraft& draft) {
    const oci::Config& config = draft.config;
    if (!config.mounts.empty()) return "/mounts";
    if (config.root.readonly) return "/root/readonly";
    // Devices that may not be made are bound from the host.
    if (draft.no_device_nodes && !config.linux.devices.empty()) return "/linux/devices";
    return {};
}

/// Without a mount namespace every mount is the host's: all lie below one that delete takes away
/// (docs/decisions/0011).
Status plan_mounted_root(PlanDraft& draft) {
    const std::string_view origin = asks_for_mounts(draft);
    if (draft.mount_namespace || origin.empty()) return {};
    if (draft.user_namespace)
        return std::unexpected(Error(Error::Kind::spec,
                                     "needs a mount namespace of the container, whose user "
                                     "namespace has no rights over the host's")
                                   .at(origin));
    draft.own_mounts = true;
    draft.host.mounted_root = draft.rootfs;
    draft.host.mounted_root_origin = origin;
    return {};
}

/// Only in a user namespace has an ordinary user the rights that making a container takes.
Status check_user_namespace(const PlanDraft& draft) {
    if (draft.facts.uid == 0 || draft.user_namespace) return {};
    return std::unexpected(Error(Error::Kind::spec, "rootless container requires user namespaces")
                               .at("/linux/namespaces"));
}

/// The canonical order of container set-up, a line a phase. The comment of a line says why it
/// stands there and not earlier or later.
// lint: allow function-length: the order is read as one list.
Status plan_create(PlanDraft& draft, const Inputs& inputs) {
    const bool dev_is_ours =
        makes_dev(draft.config) && (draft.own_mounts || !draft.no_device_nodes);
    constexpr std::uint64_t kNewCookie = 0;
    const Terminal terminal = {inputs.console_socket, inputs.foreground_terminal, draft.own_mounts};

    // First of all, so that no signal of the caller's terminal reaches what follows.
    plan_session(draft);
    // Before anything that costs memory or processes, so that it is counted and limited.
    TRY(plan_cgroup_entry(draft));
    // The same for caches: children are born into their parent's class.
    plan_resctrl(draft);
    // Before the mounts: a procfs, a sysfs and an mqueue show the namespaces of who mounts them.
    TRY(plan_namespaces(draft, draft.config.linux.namespaces, "/linux/namespaces"));
    // Its top is the cgroup in which its maker stands: after the entry, before the cgroup mounts.
    plan_cgroup_namespace(draft);
    // Its clocks can only be set while nobody lives in it.
    plan_time_offsets(draft);
    // As soon as there is a network namespace: hooks expect a working loopback device.
    plan_network(draft);

    // The tree is cut off from the host before the first mount; then nothing of ours travels back.
    TRY(plan_tree(draft, inputs.rootfs));
    // In the listed order, which config.md promises.
    TRY(plan_mounts(draft));
    if (dev_is_ours) {
        // After the mounts, which bring /dev itself.
        plan_devices(draft);
        // After /dev/pts, and before the console, which opens the pty through the ptmx link.
        plan_device_links(draft);
    }
    // After the mounts: the pty is one of the container's own devpts. Before the hooks: they may
    // find the console in its place.
    TRY(plan_console(draft, terminal));

    // config.md: prestart and createRuntime run once the namespaces and mounts are there, and
    // before pivot_root.
    plan_host_hooks(draft);
    // config.md: after createRuntime, still before pivot_root; they may mount.
    plan_create_container_hooks(draft);

    // After the hooks, so that what they mounted is covered too; before the root is entered, since
    // the device that covers a file must be the host's own and never the image's (rule R3).
    plan_masked_paths(draft);
    plan_read_only_paths(draft);
    // While the root can still be written to.
    plan_directory(draft);
    // When nothing has to be made in them any more.
    plan_read_only_mounts(draft);
    // The host's tree is gone from here on.
    plan_enter_root(draft, inputs.no_pivot);
    // pivot_root(2) refuses a shared root, so this one becomes so only now.
    plan_root_propagation(draft);

    // Through a procfs of our own, so /proc/sys may be read-only by now; before the capabilities
    // go.
    plan_sysctls(draft);
    plan_names(draft);
    // Before the user changes: the keyring would belong to it and count against its quota.
    if (!inputs.no_new_keyring) plan_keyring(draft);
    // While there are rights to lower the score and to raise the limits; after all work that a low
    // limit of memory or descriptors could stop.
    plan_oom_score(draft);
    plan_resource_limits(draft);
    // In the cgroup, whose cpuset then decides.
    plan_affinity(draft);
    return plan_tail(draft, {.filter = {inputs.seccomp_program, inputs.seccomp_flags},
                             .cookie_of = kNewCookie,
                             .null = dev_is_ours ? NullDevice::exchange : NullDevice::keep,
                             .inherited = {inputs.listen_fds, inputs.preserve_fds},
                             .has_barrier = true});
}

}  // namespace

Status plan_tail(PlanDraft& draft, const TailInputs& inputs) {
    const Filter& filter = inputs.filter;
    const bool filter_needs_privilege =
        draft.process != nullptr && !draft.process->no_new_privileges;

    // These take rights that the next steps give up.
    plan_scheduling(draft);
    if (inputs.cookie_of) plan_core_scheduling(draft, *inputs.cookie_of);
    // They act at exec alone; writing them needs a procfs and the old rights.
    TRY(plan_labels(draft));

    // Owned by the host's root until now; changing that takes CAP_CHOWN.
    plan_stdio(draft, inputs.null);
    // Takes CAP_SETPCAP, which the user change or the capability sets may take away.
    plan_bounding_set(draft);
    // Without no_new_privileges a filter takes CAP_SYS_ADMIN: while there is some. It then has to
    // allow all that follows.
    if (filter_needs_privilege) {
        // It wants the same right, and would be one more thing for the filter to allow.
        TRY(plan_landlock(draft));
        plan_seccomp(draft, filter);
    }
    // With root's rights first: a directory of root's alone is a lawful place to start from.
    plan_first_directory(draft);
    // Before the last capabilities go: setting ids takes CAP_SETUID and CAP_SETGID.
    TRY(plan_user(draft));
    // After the user change, which clears the effective set.
    plan_capabilities(draft);
    plan_umask(draft);
    // Once more with the user's own rights, where root had fewer (a volume of the user's); the
    // check that it is inside the root is the last word on it.
    plan_working_directory(draft);
    // As the user and in the directory that the program will have: what exec would not find fails
    // create, not start.
    plan_find_program(draft);
    // Still before a late filter, which then has to allow next to nothing but exec.
    const List arguments = TRY(plan_prepare(draft, inputs.inherited));
    // After the user and capabilities are set: nothing is left for it to forbid but the program's.
    plan_no_new_privileges(draft);
    if (!filter_needs_privilege) TRY(plan_landlock(draft));
    // Reads back all of the above (rule R11). Before a late filter, which need not allow that.
    plan_verify(draft, filter);
    // The parent hands its descriptor to the listener, and is there until the container is
    // recorded.
    const bool filter_at_the_end = !filter_needs_privilege && !has_listener(filter);
    if (!filter_needs_privilege && !filter_at_the_end) plan_seccomp(draft, filter);

    // Everything holds: the parent may record the container.
    plan_ready(draft);
    // What follows belongs to start.
    if (inputs.has_barrier) plan_barrier(draft);
    // With no_new_privileges as late as can be, so that the profile need not allow our own calls.
    // Before the hooks: they run programs of the image.
    if (filter_at_the_end) plan_seccomp(draft, filter);
    // config.md: on start, before the program.
    if (inputs.has_barrier) plan_start_container_hooks(draft);
    plan_exec(draft, arguments);
    return {};
}

Result<Plan> build(const Inputs& inputs) {
    PlanDraft draft = make_draft(inputs);
    TRY(check_user_namespace(draft));
    TRY(plan_mounted_root(draft));
    TRY(plan_create(draft, inputs));
    if (draft.out.has_nul())
        return fail(Error::Kind::spec, "a text of the configuration holds a NUL byte");
    return std::move(draft.out).finish(std::move(draft.host));
}

}  // namespace crux::plan

#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/plan/draft.h"
#include "runtime/plan/kept_mounts.h"

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

/// The JSON pointer of a property that requires a mount; empty if there is none.
std::string_view asks_for_mounts(const PlanDraft& draft) {
    const oci::Config& config = draft.config;
    if (!config.mounts.empty()) return "/mounts";
    if (config.root.readonly) return "/root/readonly";
    // Devices that cannot be created are bound from the host.
    if (draft.no_device_nodes && !config.linux.devices.empty()) return "/linux/devices";
    return {};
}

/// Without a mount namespace every mount is made on the host: all of them are below one mount,
/// which delete unmounts (docs/decisions/0011).
Status plan_mounted_root(PlanDraft& draft) {
    const std::string_view origin = asks_for_mounts(draft);
    if (draft.mount_namespace || origin.empty()) return {};
    if (draft.user_namespace)
        return std::unexpected(Error(Error::Kind::spec,
                                     "requires a mount namespace of the container: its user "
                                     "namespace has no privileges over the host's mounts")
                                   .at(origin));
    draft.own_mounts = true;
    draft.host.mounted_root = draft.rootfs;
    draft.host.mounted_root_origin = origin;
    return {};
}

/// Creating a container requires privileges that an unprivileged user has only in a user namespace.
Status check_user_namespace(const PlanDraft& draft) {
    if (draft.facts.uid == 0 || draft.user_namespace) return {};
    return std::unexpected(Error(Error::Kind::spec, "rootless container requires user namespaces")
                               .at("/linux/namespaces"));
}

/// The canonical order of the steps that set up a container, one line per phase. The comment at a
/// line gives the reason for its position: why not earlier, and why not later.
// lint: allow function-length: the order is read as one list.
Status plan_create(PlanDraft& draft, const Inputs& inputs) {
    const bool dev_is_ours =
        makes_dev(draft.config) && (draft.own_mounts || !draft.no_device_nodes);
    constexpr std::uint64_t kNewCookie = 0;
    const Terminal terminal = {inputs.console_socket, inputs.foreground_terminal, draft.own_mounts};

    // First, so that no signal of the caller's terminal interrupts the later steps.
    plan_session(draft);
    // Before any step that uses memory or creates a process, so that the cgroup counts and limits
    // all of them.
    TRY(plan_cgroup_entry(draft));
    // The same for caches: a child starts in the resctrl group of its parent.
    plan_resctrl(draft);
    // Before the mounts: a procfs, sysfs or mqueue shows the namespaces of the process that mounts
    // it.
    TRY(plan_namespaces(draft, draft.config.linux.namespaces, "/linux/namespaces"));
    // After the cgroup was entered: the root of a cgroup namespace is the cgroup of the process
    // that creates it. Before the cgroup mounts, which show this root.
    plan_cgroup_namespace(draft);
    // The clocks of a time namespace can be set only before a process enters it.
    plan_time_offsets(draft);
    // Once the network namespace exists, and before the hooks, which expect a working loopback
    // device.
    plan_network(draft);

    // Before the first mount: this stops mounts of the container from propagating to the host.
    TRY(plan_tree(draft, inputs.rootfs));
    // In the order of the list, as config.md requires.
    TRY(plan_mounts(draft));
    if (dev_is_ours) {
        // After the mounts: one of them is /dev itself.
        plan_devices(draft);
        // After the mounts: /dev/ptmx is a link into the mount on /dev/pts.
        plan_device_links(draft);
    }
    // After the mounts: the pty belongs to the container's own devpts. Before the hooks, which may
    // expect /dev/console.
    TRY(plan_console(draft, terminal));

    // config.md: prestart and createRuntime hooks run after the namespaces and mounts were created,
    // and before pivot_root.
    plan_host_hooks(draft);
    // config.md: createContainer hooks run after createRuntime hooks, and before pivot_root. They
    // may mount filesystems.
    plan_create_container_hooks(draft);

    // After the hooks, so that their mounts are covered too. Before the root is entered: a masked
    // file is covered by the host's /dev/null, never by the image's (rule R3).
    plan_masked_paths(draft);
    plan_read_only_paths(draft);
    // While the root is still writable.
    plan_directory(draft);
    // After the last file or directory in them was created.
    plan_read_only_mounts(draft);
    // After the last step that needs a path of the host: from here on none leads there.
    plan_enter_root(draft, inputs.no_pivot);
    // After pivot_root(2), which refuses a shared root.
    plan_root_propagation(draft);

    // Before the capabilities are dropped. A read-only /proc/sys does not matter: init writes
    // through its own procfs.
    plan_sysctls(draft);
    plan_names(draft);
    // Before the user changes: otherwise the keyring would count against that user's quota.
    if (!inputs.no_new_keyring) plan_keyring(draft);
    // While init has the privileges to lower the score and to raise the limits. After the work that
    // a low limit on memory or descriptors would make fail.
    plan_oom_score(draft);
    plan_resource_limits(draft);
    // In the container's cgroup, whose cpuset limits the mask.
    plan_affinity(draft);
    // As late as possible: whoever can change the image may have exchanged mount points up to here.
    // Before the user changes, who may not be able to look them up.
    plan_comparison(draft);
    return plan_tail(draft, {.filter = {inputs.seccomp_program, inputs.seccomp_flags},
                             .cookie_of = kNewCookie,
                             .null = dev_is_ours ? NullDevice::exchange : NullDevice::keep,
                             .inherited = {inputs.listen_fds, inputs.preserve_fds},
                             .has_barrier = true});
}

}  // namespace

// lint: allow function-length: the order is read as one list.
Status plan_tail(PlanDraft& draft, const TailInputs& inputs) {
    const Filter& filter = inputs.filter;
    const FilterPrivilege privilege = filter_privilege(draft, filter);
    TRY(check_filter(draft, filter, {privilege, inputs.has_barrier}));
    const bool landlock_needs_privilege =
        draft.process != nullptr && !draft.process->no_new_privileges;
    const auto plan_filter = [&] {
        plan_seccomp(draft, filter);
        if (privilege == FilterPrivilege::keep) plan_last_capabilities(draft);
    };

    // After the last step that is about namespaces, mounts or the kernel's parameters.
    plan_drop_capabilities(draft);
    // Before the next steps drop the privileges that these require.
    plan_scheduling(draft);
    if (inputs.cookie_of) plan_core_scheduling(draft, *inputs.cookie_of);
    // While init has a procfs and the privileges to write the labels, which take effect at exec.
    TRY(plan_labels(draft));

    // While init has CAP_CHOWN, which changing the owner of the standard streams requires.
    plan_stdio(draft, inputs.null);
    // While init has CAP_SETPCAP: the change of the user or of the capability sets may drop it.
    plan_bounding_set(draft);
    // Without no_new_privs it requires CAP_SYS_ADMIN.
    if (landlock_needs_privilege) TRY(plan_landlock(draft));
    // While init is still root: a directory that only root can enter is a valid working directory.
    plan_first_directory(draft);
    // Before the last capabilities are dropped: setting IDs requires CAP_SETUID and CAP_SETGID.
    TRY(plan_user(draft));
    // After the change of the user, which clears the effective set.
    plan_capabilities(draft, privilege);
    plan_umask(draft);
    // As the user, if root had no permission (a directory of the user on NFS or FUSE). Both
    // attempts check that the directory is inside the root.
    plan_working_directory(draft);
    // As the program's user and in its working directory, so that the lookup finds what execve(2)
    // would find. If the program is missing, create fails, not start.
    plan_find_program(draft);
    const List arguments = TRY(plan_prepare(draft, inputs.inherited));
    // After the user and the capabilities are set: from here on it only restricts the program.
    plan_no_new_privileges(draft);
    if (!landlock_needs_privilege) TRY(plan_landlock(draft));
    // After all restrictions but the filter, which it reads back (rule R11).
    plan_verify(draft, privilege);
    // A filter with a listener is loaded while the parent still serves init: the parent sends the
    // descriptor to the listener. Only then the profile has to allow the next steps.
    if (has_listener(filter)) plan_filter();

    // Everything is set up: the parent may record the container.
    plan_ready(draft);
    // The later steps belong to start.
    if (inputs.has_barrier) plan_barrier(draft);
    // config.md: startContainer hooks run in start, before the program. They are programs of the
    // image, so each gets the filter and the capabilities of the next steps first.
    if (inputs.has_barrier) plan_start_container_hooks(draft);
    // As late as possible, so that the profile need not allow what init does.
    if (!has_listener(filter)) plan_filter();
    plan_exec(draft, arguments);
    keep_needed(draft);
    return {};
}

Result<Plan> build(const Inputs& inputs) {
    PlanDraft draft = make_draft(inputs);
    TRY(check_user_namespace(draft));
    TRY(plan_mounted_root(draft));
    TRY(plan_create(draft, inputs));
    mark_kept_mounts(draft.out.steps(), draft.out.pool());
    if (draft.out.has_nul())
        return fail(Error::Kind::spec, "a string of config.json contains a NUL byte");
    return std::move(draft.out).finish(std::move(draft.host));
}

}  // namespace crux::plan

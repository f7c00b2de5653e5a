#include <algorithm>

#include "runtime/base/text.h"
#include "runtime/plan/draft.h"

namespace crux::plan {

namespace {

/// The process. Properties that it does not set are those of the container's own process.
oci::Process completed(const ExecInputs& inputs) {
    oci::Process process = *inputs.process;
    if (!inputs.config->process) return process;
    const oci::Process& own = *inputs.config->process;
    if (!process.capabilities) process.capabilities = own.capabilities;
    if (process.apparmor_profile.empty()) process.apparmor_profile = own.apparmor_profile;
    if (process.selinux_label.empty()) process.selinux_label = own.selinux_label;
    if (process.rlimits.empty()) process.rlimits = own.rlimits;
    if (!process.oom_score_adj) process.oom_score_adj = own.oom_score_adj;
    if (!process.scheduler) process.scheduler = own.scheduler;
    if (!process.io_priority) process.io_priority = own.io_priority;
    if (!process.exec_cpu_affinity) process.exec_cpu_affinity = own.exec_cpu_affinity;
    if (!process.user.umask) process.user.umask = own.user.umask;
    return process;
}

Status plan_all(PlanDraft& draft, const ExecInputs& inputs) {
    plan_session(draft);
    // config.md, execCPUAffinity: the initial mask applies until the cgroup is entered.
    plan_exec_affinity(draft, AffinityMoment::before_cgroup);
    TRY(plan_cgroup_entry(draft));
    plan_resctrl(draft);
    plan_exec_affinity(draft, AffinityMoment::in_cgroup);
    TRY(plan_container_namespaces(draft, inputs.namespaces));
    // In the container's mount namespace its root is /; without one it is a directory of the host.
    const Text root = draft.out.text(draft.mount_namespace ? "/" : inputs.rootfs);
    draft.add(Kind::root, {}).root = {
        .path = root, .propagation = kNoPropagation, .from = kNoSlot, .keep_mount = 1};
    draft.add(Kind::enter_root, {}).enter_root = {EnterRootHow::chroot};
    // /dev/console is only for the container's first process.
    TRY(plan_console(draft, {inputs.console_socket, inputs.foreground_terminal, false}));
    if (!inputs.no_new_keyring) plan_keyring(draft);
    plan_oom_score(draft);
    plan_resource_limits(draft);
    // The cookie is that of the container's first process. Only in a pid namespace its pid is known
    // (1).
    constexpr std::uint64_t kFirstProcess = 1;
    const bool in_pid_namespace =
        std::ranges::find(inputs.namespaces, oci::NamespaceType::pid) != inputs.namespaces.end();
    return plan_tail(draft,
                     {.filter = {inputs.seccomp_program, inputs.seccomp_flags},
                      .cookie_of = in_pid_namespace ? std::optional(kFirstProcess) : std::nullopt,
                      .null = NullDevice::keep,
                      .inherited = {.preserve_fds = inputs.preserve_fds},
                      .has_barrier = false});
}

}  // namespace

Result<Plan> build_exec(const ExecInputs& inputs) {
    const oci::Process process = completed(inputs);
    const auto has = [&](oci::NamespaceType type) {
        return oci::find_namespace(inputs.config->linux, type) != nullptr;
    };
    PlanDraft draft = {
        .config = *inputs.config,
        .process = &process,
        .facts = *inputs.facts,
        .process_origin = {},
        .id = inputs.id,
        .bundle = {},
        .rootfs = {},
        .user_namespace = inputs.own_user_namespace,
        .mount_namespace = has(oci::NamespaceType::mount),
        .own_mounts = false,
        .cgroup_namespace = has(oci::NamespaceType::cgroup),
        .no_device_nodes = false,
        .out = {},
        .host = {},
        .late_read_only = {},
    };
    draft.host.id = inputs.id;
    draft.host.cgroup = inputs.cgroup;
    TRY(plan_all(draft, inputs));
    if (draft.out.has_nul()) return fail(Error::Kind::spec, "an argument contains a NUL byte");
    return std::move(draft.out).finish(std::move(draft.host));
}

}  // namespace crux::plan

#include "runtime/base/text.h"
#include "runtime/container/capabilities.h"
#include "runtime/container/exec_process.h"
#include "runtime/container/existing.h"
#include "runtime/container/foreground.h"
#include "runtime/container/host_requests.h"
#include "runtime/container/last_wait.h"
#include "runtime/container/operations.h"
#include "runtime/container/pid_file.h"
#include "runtime/container/sub_cgroup.h"
#include "runtime/container/terminals.h"
#include "runtime/host/read.h"
#include "runtime/sys/event.h"

namespace crux::container {

namespace {

/// The container's first process, for a container that is created or running.
Result<sys::Pidfd> first_process(const ExistingContainer& container, const cgroup::Group& group,
                                 const ExecOptions& options) {
    if (!options.ignore_paused && TRY(group.freezer_state()) == cgroup::FreezerState::frozen)
        return fail(Error::Kind::state,
                    "cannot exec in a paused container (use --ignore-paused to override)");
    std::optional<sys::Pidfd> init = TRY(live_init(container.record));
    if (!init) return fail(Error::Kind::state, "cannot exec in a stopped container");
    return std::move(*init);
}

std::vector<oci::NamespaceType> namespaces_of(const oci::ContainerRecord& record) {
    std::vector<oci::NamespaceType> types;
    types.reserve(record.namespace_paths.size());
    for (const auto& [type, path] : record.namespace_paths) types.push_back(type);
    return types;
}

/// A process of exec before anything happens.
struct Wanted {
    const ExistingContainer& container;
    const oci::Config& config;
    const oci::Process& process;
    const ExecOptions& options;
};

Result<plan::Plan> plan_process(const Context& context, const Wanted& wanted,
                                std::vector<cgroup::CgroupDir> dirs) {
    const oci::Config& config = wanted.config;
    const ExecOptions& options = wanted.options;
    const oci::ContainerRecord& record = wanted.container.record;
    const host::Facts facts = TRY(host::read_facts());
    plan::ExecInputs inputs;
    inputs.process = &wanted.process;
    inputs.config = &config;
    inputs.facts = &facts;
    inputs.id = record.id;
    inputs.rootfs = record.rootfs;
    inputs.namespaces = namespaces_of(record);
    seccomp::BpfProgram program;
    if (config.linux.seccomp) {
        program = TRY(compiled(context, config));
        inputs.seccomp_program = instructions_of(program);
        inputs.seccomp_flags = program.flags;
    }
    inputs.cgroup = TRY(sub_cgroups(std::move(dirs), options.cgroups));
    inputs.no_new_keyring = record.no_new_keyring;
    inputs.preserve_fds = options.preserve_fds;
    inputs.console_socket = options.console_socket;
    inputs.foreground_terminal =
        wanted.process.terminal && options.console_socket.empty() && !options.detach;
    inputs.own_user_namespace = has_user_namespace(config);
    return plan::build_exec(inputs);
}

/// The requests of a process of exec.
class ExecRequests final : public HostRequests {
 public:
    ExecRequests(const Context& context, const Wanted& wanted, const plan::Plan& plan)
        : HostRequests(context, wanted.config, plan), container_(wanted.container) {}

 protected:
    Status run_hooks(pid_t /*pid*/) override {
        return fail(Error::Kind::protocol, "a process of exec has no hooks on the host's side");
    }
    Result<oci::State> state_document(pid_t /*pid*/) override { return state_of(container_); }

 private:
    const ExistingContainer& container_;
};

/// The process, which has everything up to its program.
Result<launch::Launched> launch_process(const Context& context, const Wanted& wanted,
                                        plan::Plan& plan, const launch::HostHandles& handles) {
    launch::Launched launched = TRY(launch::start(plan, handles).during(kUnableToStart));
    ExecRequests requests(context, wanted, plan);
    TRY(converse(launched, requests).during(kUnableToStart));
    return launched;
}

/// Stays with the process, with no more privileges than that needs. Installing the filter of system
/// calls takes ten times as long as the rest, so that only exec of a process that takes its time
/// does it.
Result<int> supervise(const Context& context, Foreground& foreground, const InitProcess& process) {
    constexpr int kMomentMs = 100;
    privilege::give_up(privilege::kForSignals, privilege::Rest::anything);
    const auto prepare = [](void* given) {
        prepare_last_wait(**static_cast<const Context**>(given), privilege::kForSignals,
                          privilege::Bounding::keep);
        return false;
    };
    const Context* here = &context;
    void* const argument = static_cast<void*>(&here);
    // Without a timer it has to be done now: the process runs, and must be supervised.
    auto timer = sys::timerfd(kMomentMs);
    if (!timer) prepare(argument);
    const sys::FdRef moment = timer ? sys::FdRef(*timer) : sys::FdRef::none();
    return foreground.supervise(process,
                                {.fd = moment, .on_readable = prepare, .context = argument});
}

}  // namespace

Result<int> exec(const Context& context, const ExecOptions& options) {
    const ExistingContainer container = TRY(load(context));
    launch::Journal::Content resources = TRY(resources_of(container));
    const cgroup::Group own_group = TRY(cgroup::Group::open(resources.cgroup));
    const sys::Pidfd init = TRY(first_process(container, own_group, options));
    const StoredConfig stored = TRY(stored_config(container));
    const oci::Config& config = stored.config;
    oci::Process process = TRY(exec_process(options, config));
    if (process.capabilities)
        keep_grantable(context, *process.capabilities, has_user_namespace(config), "");
    TRY(check_terminal(&process, options.console_socket, !options.detach));
    const Wanted wanted{container, config, process, options};
    plan::Plan plan = TRY(plan_process(context, wanted, std::move(resources.cgroup)));
    log_plan(plan, context.step_log);
    Foreground foreground =
        TRY(Foreground::open({.detach = options.detach,
                              .terminal = process.terminal && options.console_socket.empty()}));
    const sys::SocketFd console = TRY(connect_console(options.console_socket));

    cgroup::Group group = TRY(cgroup::Group::open(plan.host.cgroup));
    launch::HostHandles handles;
    handles.group = plan.host.cgroup.empty() ? nullptr : &group;
    handles.first_process = init;
    if (options.cgroups.empty()) handles.first_pid = container.record.init_process_pid;
    handles.step_log = context.step_log;
    handles.console = console ? sys::FdRef(console) : sys::FdRef(foreground.theirs);
    handles.streams = foreground.ends().streams;
    launch::Launched launched = TRY(launch_process(context, wanted, plan, handles));
    TRY(foreground.take_over());
    if (!options.pidfd_socket.empty())
        TRY(send_pidfd(options.pidfd_socket, launched.pidfd(), "setns"));
    TRY(launched.resume());
    // Last, so that an exec that fails leaves none.
    if (!options.pid_file.empty()) TRY(write_pid_file(options.pid_file, launched.pid()));
    const pid_t pid = launched.pid();
    const InitProcess started{pid, std::move(launched).release()};
    if (options.detach) return 0;
    return supervise(context, foreground, started);
}

}  // namespace crux::container

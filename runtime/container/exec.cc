#include "runtime/container/exec.h"

#include "oci-spec/config.h"
#include "runtime/base/text.h"
#include "runtime/console/console_socket.h"
#include "runtime/console/supervise.h"
#include "runtime/container/capabilities.h"
#include "runtime/container/exec_process.h"
#include "runtime/container/existing.h"
#include "runtime/container/pid_file.h"
#include "runtime/container/prepare.h"
#include "runtime/container/resctrl_class.h"
#include "runtime/container/seccomp_agent.h"
#include "runtime/container/sub_cgroup.h"
#include "runtime/host/read.h"
#include "runtime/launch/journal.h"
#include "runtime/launch/launch.h"
#include "runtime/sys/file.h"

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

Result<oci::Config> stored_config(const StateDirectory& state) {
    const std::string text = TRY(
        sys::read_file(state.directory(), kConfigName).during("read the container's config.json"));
    return std::move(oci::parse_config(text).config);
}

std::vector<oci::NamespaceType> namespaces_of(const oci::ContainerRecord& record) {
    std::vector<oci::NamespaceType> types;
    types.reserve(record.namespace_paths.size());
    for (const auto& [type, path] : record.namespace_paths) types.push_back(type);
    return types;
}

Result<plan::Plan> plan_process(const StateRoot& place, const ExistingContainer& container,
                                const oci::Config& config, const oci::Process& process,
                                const ExecOptions& options, std::vector<cgroup::CgroupDir> places,
                                Warnings& warnings) {
    const host::Facts facts = TRY(host::read_facts());
    plan::ExecInputs inputs;
    inputs.process = &process;
    inputs.config = &config;
    inputs.facts = &facts;
    inputs.id = container.record.id;
    inputs.rootfs = container.record.rootfs;
    inputs.namespaces = namespaces_of(container.record);
    seccomp::BpfProgram program;
    if (config.linux.seccomp) {
        program = TRY(compiled(*config.linux.seccomp, &place, warnings));
        inputs.seccomp_program = instructions_of(program);
        inputs.seccomp_flags = program.flags;
    }
    inputs.cgroup = TRY(sub_cgroups(std::move(places), options.cgroups));
    inputs.no_new_keyring = container.record.no_new_keyring;
    inputs.preserve_fds = options.preserve_fds;
    inputs.console_socket = options.console_socket;
    inputs.foreground_terminal =
        process.terminal && options.console_socket.empty() && !options.detach;
    inputs.own_user_namespace =
        oci::find_namespace(config.linux, oci::NamespaceType::user) != nullptr;
    return plan::build_exec(inputs);
}

Status check_terminal(const oci::Process& process, const ExecOptions& options) {
    if (process.terminal && options.detach && options.console_socket.empty())
        return fail(Error::Kind::usage,
                    "cannot allocate tty if runc will detach without setting console socket");
    if (!process.terminal && !options.console_socket.empty())
        return fail(Error::Kind::usage,
                    "cannot use console socket if runc will not detach or allocate tty");
    return {};
}

/// The sockets and signals on our own side.
struct Side {
    sys::SocketFd console;
    std::optional<console::PtyMaster> terminal;
    std::optional<console::Signals> signals;
};

Result<Side> open_side(const oci::Process& process, const ExecOptions& options) {
    Side side;
    if (!options.console_socket.empty()) {
        side.console = TRY(console::connect_console_socket(options.console_socket));
    } else if (process.terminal) {
        side.terminal.emplace(TRY(console::PtyMaster::open()));
        side.console = side.terminal->take_socket();
    }
    if (!options.detach) side.signals.emplace(TRY(console::Signals::open()));
    return side;
}

Status answer(const launch::InitMessage& event, const launch::Launched& launched,
              const plan::Plan& plan, const oci::Config& config,
              const ExistingContainer& container) {
    if (event.request == plan::Request::resctrl_class)
        return enter_class(*config.linux.intel_rdt, container.record.id, launched.pid());
    if (event.request != plan::Request::seccomp_listener)
        return limit_resources(plan, launched.pid());
    oci::State state = TRY(state_of(container));
    return hand_over_listener(*config.linux.seccomp, state, launched, event.descriptor);
}

Status converse(launch::Launched& launched, const plan::Plan& plan, const oci::Config& config,
                const ExistingContainer& container, Warnings& warnings) {
    for (;;) {
        launch::InitMessage event = TRY(launched.next());
        if (event.kind == launch::InitMessage::Kind::ready) return {};
        if (event.kind == launch::InitMessage::Kind::warning) {
            warnings.push_back(std::move(event.warning));
            continue;
        }
        TRY(answer(event, launched, plan, config, container));
        TRY(launched.resume());
    }
}

}  // namespace

Result<int> exec(const StateRoot& place, std::string_view id, const ExecOptions& options,
                 Warnings& warnings) {
    const ExistingContainer container = TRY(load(place, id));
    launch::Journal::Content journal = TRY(launch::Journal::read(container.state.directory()));
    const cgroup::Group own_group = TRY(cgroup::Group::open(journal.cgroup));
    const sys::Pidfd init = TRY(first_process(container, own_group, options));
    const oci::Config config = TRY(stored_config(container.state));
    oci::Process process = TRY(exec_process(options, config));
    if (process.capabilities)
        keep_grantable(*process.capabilities, has_user_namespace(config), "", warnings);
    TRY(check_terminal(process, options));
    plan::Plan plan = TRY(plan_process(place, container, config, process, options,
                                       std::move(journal.cgroup), warnings));
    log_plan(plan, options.step_log);
    Side side = TRY(open_side(process, options));
    cgroup::Group group = TRY(cgroup::Group::open(plan.host.cgroup));

    launch::HostHandles handles;
    handles.group = plan.host.cgroup.empty() ? nullptr : &group;
    handles.first_process = init;
    if (options.cgroups.empty()) handles.first_pid = container.record.init_process_pid;
    handles.console = side.console;
    constexpr const char* kDoing = "unable to start container process";
    launch::Launched launched = TRY(launch::start(plan, handles).during(kDoing));
    TRY(converse(launched, plan, config, container, warnings).during(kDoing));
    side.console.reset();
    if (side.terminal) TRY(side.terminal->receive(kTerminalMs));
    const pid_t pid = launched.pid();
    if (!options.pidfd_socket.empty())
        TRY(send_pidfd(options.pidfd_socket, launched.pidfd(), "setns"));
    TRY(launched.resume());
    // Last, so that an exec that fails leaves none.
    if (!options.pid_file.empty()) TRY(write_pid_file(options.pid_file, pid));
    const sys::Pidfd process_fd = std::move(launched).release();
    if (options.detach) return 0;
    const sys::ExitStatus ended = TRY(console::supervise(
        pid, process_fd, *side.signals, side.terminal ? &*side.terminal : nullptr));
    return ended.code();
}

}  // namespace crux::container

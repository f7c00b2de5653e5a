#include "runtime/container/create.h"

#include <unistd.h>
#include <cerrno>

#include "oci-spec/record.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/console/console_socket.h"
#include "runtime/container/delete.h"
#include "runtime/container/listener.h"
#include "runtime/container/network_devices.h"
#include "runtime/container/notify.h"
#include "runtime/container/pid_file.h"
#include "runtime/container/prepare.h"
#include "runtime/container/resctrl_class.h"
#include "runtime/container/store.h"
#include "runtime/hooks/run.h"
#include "runtime/launch/journal.h"
#include "runtime/launch/launch.h"
#include "runtime/sys/directory.h"
#include "runtime/sys/file.h"
#include "runtime/sys/time.h"

namespace crux::container {

namespace {

/// The cgroup until the container is complete: gone again if it never is.
class NewGroup {
 public:
    static Result<NewGroup> make(launch::Journal& journal, const plan::HostPart& host,
                                 Warnings& warnings) {
        NewGroup made;
        if (host.cgroup.empty()) return made;
        TRY(journal.note_cgroup(host.cgroup, cgroup::Group::missing_ancestors(host.cgroup)));
        made.group_ = TRY(cgroup::Group::create(host.cgroup, host.limits));
        TRY(journal.note_cgroup_is_ours());
        std::vector<cgroup::Warning> soft;
        TRY(made.group_->apply(host.limits, soft));
        for (const cgroup::Warning& warning : soft)
            warnings.push_back(cat(warning.origin, ": ", warning.text));
        return made;
    }
    NewGroup(NewGroup&&) = default;
    NewGroup& operator=(NewGroup&&) = default;
    ~NewGroup() {
        if (!group_) return;
        (void)group_->destroy(group_->made_ancestors());
    }
    void keep() { group_.reset(); }
    [[nodiscard]] cgroup::Group* get() { return group_ ? &*group_ : nullptr; }

 private:
    NewGroup() = default;
    std::optional<cgroup::Group> group_;
};

/// The state directory until the container is complete.
class NewState {
 public:
    explicit NewState(StateDirectory state) : state_(std::move(state)) {}
    NewState(const NewState&) = delete;
    NewState& operator=(const NewState&) = delete;
    ~NewState() {
        if (!kept_) (void)state_.remove();
    }
    void keep() { kept_ = true; }
    [[nodiscard]] const StateDirectory& operator*() const { return state_; }
    [[nodiscard]] const StateDirectory* operator->() const { return &state_; }

 private:
    StateDirectory state_;
    bool kept_ = false;
};

Result<sys::Fd> make_fifo(const StateDirectory& state) {
    constexpr mode_t kMode = 0600;
    TRY(sys::mkfifoat(state.directory(), kFifoName, kMode).during("make exec.fifo"));
    // Reading and writing: opening does not wait, and reading never sees an end of file.
    return sys::openat(state.directory(), kFifoName, O_RDWR | O_NOFOLLOW).during("open exec.fifo");
}

Result<sys::SocketFd> connect_console(const std::string& path) {
    if (path.empty()) return sys::SocketFd();
    return console::connect_console_socket(path);
}

oci::State hook_state(const Prepared& prepared, const StateDirectory& state, int pid) {
    oci::State document;
    document.oci_version = prepared.bundle.config.oci_version;
    document.id = state.id();
    document.status = oci::Status::creating;
    document.pid = pid;
    document.bundle = prepared.bundle.path;
    document.annotations = prepared.bundle.config.annotations;
    return document;
}

/// The end of the life cycle for a create that fails after hooks had their turn (runtime.md,
/// Lifecycle): they may have made what only the poststop hooks take away. The first object of a
/// create, so that everything else is gone by then.
class Ending {
 public:
    explicit Ending(Warnings& warnings) : warnings_(warnings) {}
    Ending(const Ending&) = delete;
    Ending& operator=(const Ending&) = delete;
    ~Ending() { run_poststop(hooks_, std::move(document_), warnings_); }
    void prepare(const Prepared& prepared, const StateDirectory& state) {
        hooks_ = prepared.bundle.config.hooks.poststop;
        document_ = hook_state(prepared, state, 0);
    }
    void forgo() { hooks_.clear(); }

 private:
    Warnings& warnings_;
    std::vector<oci::Hook> hooks_;
    oci::State document_;
};

Status run_host_hooks(const Prepared& prepared, const StateDirectory& state, int pid) {
    const std::string document = oci::hook_state_json(hook_state(prepared, state, pid));
    const hooks::Setting setting{document, prepared.bundle.path};
    const oci::Hooks& hooks = prepared.bundle.config.hooks;
    TRY(hooks::run_all("prestart", hooks.prestart, setting).at("/hooks/prestart"));
    return hooks::run_all("createRuntime", hooks.create_runtime, setting)
        .at("/hooks/createRuntime");
}

Status answer(const Prepared& prepared, const StateDirectory& state, const launch::Event& event,
              const launch::Launched& launched) {
    switch (event.request) {
        case plan::Request::host_hooks:
            return run_host_hooks(prepared, state, launched.pid());
        case plan::Request::resource_limits:
            return limit_resources(prepared.plan, launched.pid());
        case plan::Request::seccomp_listener:
            return hand_over_listener(*prepared.bundle.config.linux.seccomp,
                                      hook_state(prepared, state, launched.pid()), launched,
                                      event.descriptor);
        case plan::Request::network_devices:
            return move_network_devices(prepared.bundle.config.linux, launched.pid());
        case plan::Request::resctrl_class:
            return enter_class(*prepared.bundle.config.linux.intel_rdt, state.id(), launched.pid());
    }
    return fail(Error::Kind::protocol, "init asked for something that is not in this plan");
}

/// Talks with init up to the moment when everything holds.
Status converse(launch::Launched& launched, const Prepared& prepared, const StateDirectory& state,
                Ending& ending, Warnings& warnings) {
    // Init runs these by itself.
    if (!prepared.bundle.config.hooks.create_container.empty()) ending.prepare(prepared, state);
    for (;;) {
        launch::Event event = TRY(launched.next());
        switch (event.kind) {
            case launch::Event::Kind::ready:
                return {};
            case launch::Event::Kind::warning:
                warnings.push_back(std::move(event.warning));
                break;
            case launch::Event::Kind::ask:
                if (event.request == plan::Request::host_hooks) ending.prepare(prepared, state);
                TRY(answer(prepared, state, event, launched));
                TRY(launched.go_on());
                break;
        }
    }
}

/// Where the namespaces of the container are found: what was joined by path stays at that path, the
/// rest is init's own.
void note_namespaces(const oci::Config& config, oci::ContainerRecord& record) {
    for (const oci::Namespace& entry : config.linux.namespaces) {
        const std::string own = cat("/proc/", record.init_process_pid, "/ns/",
                                    oci::namespace_word(entry.type).proc_name);
        record.namespace_paths.emplace_back(entry.type, entry.path.empty() ? own : entry.path);
        if (entry.type == oci::NamespaceType::pid && entry.path.empty())
            record.own_pid_namespace = true;
    }
}

Result<oci::ContainerRecord> record_of(const Prepared& prepared, const StateDirectory& state,
                                       const Place& place, const CreateOptions& options,
                                       const launch::Launched& launched) {
    const oci::Config& config = prepared.bundle.config;
    oci::ContainerRecord record;
    record.oci_version = config.oci_version;
    record.id = state.id();
    record.init_process_pid = launched.pid();
    const sys::ProcessStat stat =
        TRY(sys::process_stat(launched.pid()).during("read init's start time"));
    record.init_process_start = stat.start_time;
    record.pidfd_inode = TRY(sys::pidfd_inode(launched.pidfd())).value_or(0);
    record.created = sys::rfc3339(sys::realtime());
    record.bundle = prepared.bundle.path;
    record.rootfs = prepared.bundle.rootfs;
    record.annotations = config.annotations;
    record.status = oci::Status::created;
    record.rootless = place.rootless;
    record.owner_uid = prepared.facts.uid;
    record.boot_id = TRY(sys::boot_id().during("read the boot id"));
    record.no_pivot = options.no_pivot;
    record.no_new_keyring = options.no_new_keyring;
    if (options.systemd_cgroup) record.cgroup_driver = oci::CgroupDriver::systemd;
    record.cgroups_path = config.linux.cgroups_path;
    record.has_process = config.process.has_value();
    record.has_poststart = !config.hooks.poststart.empty();
    record.has_poststop = !config.hooks.poststop.empty();
    for (const cgroup::Place& entry : prepared.plan.host.cgroup) {
        if (entry.version == 2) record.cgroup_paths.emplace_back("", entry.directory());
        for (const std::string& name : entry.controllers)
            if (entry.version == 1) record.cgroup_paths.emplace_back(name, entry.directory());
    }
    note_namespaces(config, record);
    return record;
}

}  // namespace

Result<CreatedProcess> create_process(const Place& place, std::string_view id, Bundle bundle,
                                      const CreateOptions& options, sys::FdRef terminal,
                                      Warnings& warnings) {
    const bool foreground = terminal.get() >= 0;
    Ending ending(warnings);
    NewState state(TRY(StateDirectory::make(place, id)));
    if (!manager_socket().empty()) {
        TRY(make_notify_folder(*state));
        offer_notify(bundle.config, cat(place.root, '/', id));
    }
    Prepared prepared = TRY(prepare(id, std::move(bundle), options, foreground, &place, warnings));
    TRY(state->write_new(kConfigName, prepared.bundle.config_text));
    launch::Journal journal = TRY(launch::Journal::create(state->directory()));
    NewClass service_class = TRY(NewClass::make(journal, prepared.bundle.config.linux, id));
    NewGroup group = TRY(NewGroup::make(journal, prepared.plan.host, warnings));
    sys::Fd fifo = TRY(make_fifo(*state));
    const sys::SocketFd console = TRY(connect_console(options.console_socket));

    launch::Outside outside;
    outside.fifo = fifo;
    outside.group = group.get();
    outside.console = console ? sys::FdRef(console) : terminal;
    constexpr const char* kDoing = "unable to start container process";
    launch::Launched launched = TRY(launch::start(prepared.plan, outside).during(kDoing));
    TRY(converse(launched, prepared, *state, ending, warnings).during(kDoing));
    const oci::ContainerRecord record = TRY(record_of(prepared, *state, place, options, launched));
    TRY(state->write_record(record));
    if (!options.pidfd_socket.empty())
        TRY(send_pidfd(options.pidfd_socket, launched.pidfd(), "standard"));
    TRY(launched.go_on());
    // Last, so that a create that fails leaves none.
    if (!options.pid_file.empty()) TRY(write_pid_file(options.pid_file, launched.pid()));
    group.keep();
    service_class.keep();
    state.keep();
    ending.forgo();
    const pid_t pid = launched.pid();
    return CreatedProcess{pid, std::move(launched).release()};
}

Result<Created> create(const Place& place, std::string_view id, const CreateOptions& options,
                       Warnings& warnings) {
    Bundle bundle = TRY(read_bundle(options.bundle));
    const CreatedProcess created =
        TRY(create_process(place, id, std::move(bundle), options, sys::FdRef::none(), warnings));
    return Created{created.pid};
}

}  // namespace crux::container

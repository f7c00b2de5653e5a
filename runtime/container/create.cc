#include "runtime/container/create.h"

#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/console/console_socket.h"
#include "runtime/container/creating.h"
#include "runtime/container/network_devices.h"
#include "runtime/container/notify_socket.h"
#include "runtime/container/pid_file.h"
#include "runtime/container/prepare.h"
#include "runtime/container/resctrl_class.h"
#include "runtime/container/root_mount.h"
#include "runtime/container/seccomp_agent.h"
#include "runtime/container/store.h"
#include "runtime/launch/journal.h"
#include "runtime/launch/launch.h"
#include "runtime/sys/directory.h"
#include "runtime/sys/file.h"

namespace crux::container {

namespace {

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

Status answer(const Prepared& prepared, const StateDirectory& state,
              const launch::InitMessage& event, launch::Launched& launched) {
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
        case plan::Request::map_ids:
            return launched.map_ids(event);
    }
    return fail(Error::Kind::protocol, "init asked for something that is not in this plan");
}

/// Talks with init up to the moment when everything holds.
Status converse(launch::Launched& launched, const Prepared& prepared, const StateDirectory& state,
                PoststopOnFailure& poststop, Warnings& warnings) {
    // Init runs these by itself.
    if (!prepared.bundle.config.hooks.create_container.empty()) poststop.arm(prepared, state);
    for (;;) {
        launch::InitMessage event = TRY(launched.next());
        switch (event.kind) {
            case launch::InitMessage::Kind::ready:
                return {};
            case launch::InitMessage::Kind::warning:
                warnings.push_back(std::move(event.warning));
                break;
            case launch::InitMessage::Kind::ask:
                if (event.request == plan::Request::host_hooks) poststop.arm(prepared, state);
                TRY(answer(prepared, state, event, launched));
                TRY(launched.resume());
                break;
        }
    }
}

}  // namespace

Result<CreatedProcess> create_process(const StateRoot& place, std::string_view id, Bundle bundle,
                                      const CreateOptions& options, sys::FdRef terminal,
                                      Warnings& warnings) {
    const bool foreground = terminal.get() >= 0;
    PoststopOnFailure poststop(warnings);
    NewState state(TRY(StateDirectory::make(place, id)));
    if (!manager_socket().empty()) {
        TRY(make_notify_folder(*state));
        offer_notify(bundle.config, cat(place.root, '/', id));
    }
    Prepared prepared = TRY(prepare(id, std::move(bundle), options, foreground, &place, warnings));
    TRY(state->write_new(kConfigName, prepared.bundle.config_text));
    launch::Journal journal = TRY(launch::Journal::create(state->directory()));
    NewClass service_class = TRY(NewClass::make(journal, prepared.bundle.config.linux, id));
    NewRoot root = TRY(NewRoot::make(journal, prepared.plan.host));
    NewGroup group = TRY(NewGroup::make(journal, prepared, warnings));
    sys::Fd fifo = TRY(make_fifo(*state));
    const sys::SocketFd console = TRY(connect_console(options.console_socket));

    launch::HostHandles handles;
    handles.fifo = fifo;
    handles.group = group.get();
    handles.console = console ? sys::FdRef(console) : terminal;
    constexpr const char* kDoing = "unable to start container process";
    launch::Launched launched = TRY(launch::start(prepared.plan, handles).during(kDoing));
    TRY(converse(launched, prepared, *state, poststop, warnings).during(kDoing));
    TRY(group.populated().during(kDoing));
    const oci::ContainerRecord record =
        TRY(record_of(prepared, *state, place, options, launched.pid(), launched.pidfd()));
    TRY(state->write_record(record));
    if (!options.pidfd_socket.empty())
        TRY(send_pidfd(options.pidfd_socket, launched.pidfd(), "standard"));
    TRY(launched.resume());
    // Last, so that a create that fails leaves none.
    if (!options.pid_file.empty()) TRY(write_pid_file(options.pid_file, launched.pid()));
    group.keep();
    root.keep();
    service_class.keep();
    state.keep();
    poststop.disarm();
    const pid_t pid = launched.pid();
    return CreatedProcess{pid, std::move(launched).release()};
}

Result<Created> create(const StateRoot& place, std::string_view id, const CreateOptions& options,
                       Warnings& warnings) {
    Bundle bundle = TRY(read_bundle(options.bundle));
    const CreatedProcess created =
        TRY(create_process(place, id, std::move(bundle), options, sys::FdRef::none(), warnings));
    return Created{created.pid};
}

}  // namespace crux::container

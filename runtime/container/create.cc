#include "runtime/container/create.h"

#include "runtime/container/host_requests.h"
#include "runtime/container/operations.h"
#include "runtime/container/pid_file.h"
#include "runtime/container/terminals.h"

namespace crux::container {

namespace {

/// The requests of a container's init.
class InitRequests final : public HostRequests {
 public:
    explicit InitRequests(Transaction& host)
        : HostRequests(host.context(), host.prepared().bundle.config, host.prepared().plan),
          host_(host) {}

 protected:
    Status run_hooks(pid_t pid) override { return host_.run_host_hooks(pid); }
    Result<oci::State> state_document(pid_t pid) override {
        return hook_state(host_.prepared(), context().id, pid);
    }

 private:
    Transaction& host_;
};

}  // namespace

Result<launch::Launched> launch_init(Transaction& host, sys::FdRef fifo,
                                     const ForegroundEnds& ends) {
    const sys::SocketFd console = TRY(connect_console(host.options().console_socket));
    launch::HostHandles handles;
    handles.fifo = fifo;
    handles.group = host.cgroup();
    handles.console = console ? sys::FdRef(console) : ends.terminal;
    handles.streams = ends.streams;
    handles.step_log = host.context().step_log;
    Prepared& prepared = host.prepared();
    launch::Launched init = TRY(launch::start(prepared.plan, handles).during(kUnableToStart));
    // Init runs these itself, without a request.
    if (!prepared.bundle.config.hooks.create_container.empty()) host.owe_poststop();
    InitRequests requests(host);
    TRY(converse(init, requests).during(kUnableToStart));
    return init;
}

Status announce(Transaction& host, pid_t pid, sys::FdRef pidfd) {
    const CreateOptions& options = host.options();
    if (!options.pidfd_socket.empty()) TRY(send_pidfd(options.pidfd_socket, pidfd, "standard"));
    if (options.pid_file.empty()) return {};
    TRY(write_pid_file(options.pid_file, pid));
    log_act(host.context().step_log, "pid_file", "");
    return {};
}

Result<CreatedContainer> complete(Transaction& host, launch::Launched init) {
    const pid_t pid = init.pid();
    oci::ContainerRecord record =
        TRY(record_of(host.context(), host.prepared(), host.options(), pid, init.pidfd()));
    TRY(host.record(std::move(record)));
    TRY(announce(host, pid, init.pidfd()));
    Status resumed = init.resume();
    if (!resumed) {
        remove_pid_file(host.options().pid_file);
        return std::unexpected(std::move(resumed).error());
    }
    return CreatedContainer{std::move(host).commit(), {pid, std::move(init).release()}};
}

Status create(const Context& context, const CreateOptions& options) {
    Bundle bundle = TRY(read_bundle(options.bundle, options.config_file));
    Transaction host(context, options);
    TRY(host.begin(std::move(bundle), false));
    TRY(host.take_resources());
    const sys::Fd fifo = TRY(host.make_fifo());
    launch::Launched init = TRY(launch_init(host, fifo));
    TRY(complete(host, std::move(init)));
    return {};
}

}  // namespace crux::container

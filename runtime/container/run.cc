#include "runtime/container/create.h"
#include "runtime/container/foreground.h"
#include "runtime/container/last_wait.h"
#include "runtime/container/notify_socket.h"
#include "runtime/container/operations.h"
#include "runtime/container/start.h"

namespace crux::container {

Result<int> run(const Context& context, const RunOptions& options) {
    Bundle bundle = TRY(read_bundle(options.bundle, options.config_file));
    Foreground foreground = TRY(open_foreground(bundle, options));
    Transaction host(context, options);
    TRY(host.begin(std::move(bundle), foreground.terminal.has_value()));
    TRY(host.take_resources());
    sys::Fd fifo = TRY(host.make_fifo());
    launch::Launched init = TRY(launch_init(host, fifo, foreground.ends()));
    TRY(foreground.take_over());
    std::optional<NotifyProxy> notify = TRY(NotifyProxy::open(host.state()));
    // Before the record, without which no other command finds the container: none ever finds it
    // created and not started.
    const Barrier barrier = TRY(Barrier::open(host.state()));
    fifo.reset();
    TRY(barrier.release());
    const CreatedContainer created = TRY(complete(host, std::move(init)));
    auto started = finish_start(context, created.container, barrier);
    if (!started)
        return std::unexpected(
            destroyed_after(std::move(started).error(), context, created.container));
    created.container.state.unlock();
    if (!options.detach)
        return stay(context, created, foreground, notify ? &*notify : nullptr,
                    options.keep ? Keep::yes : Keep::no);
    if (!notify) return 0;
    prepare_last_wait(context, {}, privilege::Bounding::clear);
    TRY(notify->wait(created.init.pidfd, created.init.pid));
    return 0;
}

}  // namespace crux::container

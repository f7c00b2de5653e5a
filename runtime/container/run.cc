#include "runtime/container/create.h"
#include "runtime/container/delete.h"
#include "runtime/container/foreground.h"
#include "runtime/container/notify_socket.h"
#include "runtime/container/start.h"

namespace crux::container {

namespace {

Result<std::optional<NotifyProxy>> ready_to_begin(const ExistingContainer& container,
                                                  Foreground& foreground) {
    if (foreground.terminal) TRY(foreground.terminal->receive(kTerminalMs));
    return NotifyProxy::open(container.state);
}

/// Takes the terminal and lets the program run; on failure the container is gone.
Result<std::optional<NotifyProxy>> begin(const ExistingContainer& container, Foreground& foreground,
                                         Warnings& warnings) {
    auto notify = ready_to_begin(container, foreground);
    if (notify) {
        TRY(start_existing(container, warnings));
        return notify;
    }
    Status destroyed = destroy(container, warnings);
    if (!destroyed) warnings.push_back(destroyed.error().message());
    return notify;
}

}  // namespace

Result<int> run(const StateRoot& place, std::string_view id, const RunOptions& options,
                Warnings& warnings) {
    Bundle bundle = TRY(read_bundle(options.bundle));
    Foreground foreground = TRY(open_foreground(bundle, options));
    const CreatedProcess created =
        TRY(create_process(place, id, std::move(bundle), options, foreground.theirs, warnings));
    foreground.theirs.reset();
    const ExistingContainer container = TRY(load(place, id));
    TRY(container.state.lock());
    std::optional<NotifyProxy> notify = TRY(begin(container, foreground, warnings));
    container.state.unlock();
    if (options.detach) {
        if (notify) TRY(notify->wait(created.pidfd, created.pid));
        return 0;
    }
    return stay(container, created, foreground, notify ? &*notify : nullptr,
                options.keep ? Keep::yes : Keep::no, warnings);
}

}  // namespace crux::container

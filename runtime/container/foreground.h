#pragma once

#include <optional>

#include "runtime/console/pty_master.h"
#include "runtime/console/signals.h"
#include "runtime/container/create.h"
#include "runtime/container/existing.h"
#include "runtime/container/notify_socket.h"
#include "runtime/container/prepare.h"

namespace crux::container {

/// What the foreground holds of its own side: its terminal, where the container wants one, and the
/// signals that it passes on.
struct Foreground {
    std::optional<console::PtyMaster> terminal;
    sys::SocketFd theirs;
    std::optional<console::Signals> signals;
};

/// Opens it, and becomes a subreaper; before anything is created. Nothing with `detach`.
Result<Foreground> open_foreground(const Bundle& bundle, const RunOptions& options);

enum class Keep { no, yes };

/// Stays with a container that runs until its init ends, and removes it unless it is kept: the exit
/// status to leave with. The notify proxy is served meanwhile, where there is one.
Result<int> stay(const ExistingContainer& container, const CreatedProcess& process,
                 Foreground& foreground, NotifyProxy* notify, Keep keep, Warnings& warnings);

}  // namespace crux::container

#pragma once

#include <optional>

#include "runtime/console/pty_master.h"
#include "runtime/console/signals.h"
#include "runtime/console/stream_pipes.h"
#include "runtime/console/supervise.h"
#include "runtime/container/create.h"
#include "runtime/container/notify_socket.h"
#include "runtime/container/prepare.h"

namespace crux::container {

/// What a command in the foreground holds: its terminal, where the container wants one, or else the
/// pipes in place of the caller's files, and the signals that it forwards.
struct Foreground {
    std::optional<console::PtyMaster> terminal;
    sys::SocketFd theirs;                       ///< on which init sends the terminal's master
    std::optional<console::StreamPipes> pipes;  ///< without a terminal
    std::optional<console::Signals> signals;

    /// Opens the signals, and the terminal where one is wanted: before anything is created. Empty
    /// with `detach`.
    struct Wanted {
        bool detach = false;
        bool terminal = false;
    };
    static Result<Foreground> open(Wanted wanted);
    /// What the process gets; nothing with `detach`.
    [[nodiscard]] ForegroundEnds ends() const;
    /// Takes the terminal's master, which init has sent, where there is one; the process has its
    /// ends of the pipes.
    Status take_over();
    /// Stays with a process until it ends, and reaps it: its exit status. `extra` is served
    /// meanwhile.
    Result<int> supervise(const InitProcess& process, console::ExtraPoll extra = {});
};

/// Opens it for a container of this bundle, and becomes a subreaper. Empty with `detach`.
Result<Foreground> open_foreground(const Bundle& bundle, const RunOptions& options);

enum class Keep { no, yes };

/// Stays with a container that runs until its init ends, and removes it unless it is kept: the exit
/// status to exit with. The notify proxy is served meanwhile, where there is one.
Result<int> stay(const Context& context, const CreatedContainer& created, Foreground& foreground,
                 NotifyProxy* notify, Keep keep);

}  // namespace crux::container

#pragma once

#include <poll.h>

#include <cstddef>
#include <optional>
#include <span>

#include "runtime/base/error.h"
#include "runtime/console/host_terminal.h"
#include "runtime/console/relay.h"
#include "runtime/sys/handle.h"

namespace crux::console {

/// The container's terminal in the foreground: we hold the master of its pty and pass bytes between
/// it and the terminal that we were started from.
class PtyMaster {
 public:
    /// Finds our own terminal and makes the socket for the master. Before anything is created,
    /// since without a terminal there is nothing to be done.
    static Result<PtyMaster> open(const TerminalStreams& streams = {});

    PtyMaster(PtyMaster&&) = default;
    PtyMaster& operator=(PtyMaster&&) = delete;
    PtyMaster(const PtyMaster&) = delete;
    PtyMaster& operator=(const PtyMaster&) = delete;
    ~PtyMaster() = default;

    /// The end of the socket on which init sends the master; given away once.
    sys::SocketFd take_socket() { return std::move(theirs_); }
    /// Takes the master from the socket, at most after the timeout, gives the pty our window's size
    /// and switches our terminal to raw mode. Before the container's program starts.
    Status receive(int timeout_ms);
    /// Gives the pty our window's size again (SIGWINCH).
    void resize();
    /// We are in the terminal's foreground again (SIGCONT): raw mode and input once more.
    void resume();

    /// How many entries ask() fills.
    static constexpr std::size_t kEntries = 4;
    /// Fills in what a poll loop waits for.
    void ask(std::span<struct ::pollfd, kEntries> entries) const;
    /// Copies what the events allow, without waiting.
    void serve(std::span<const struct ::pollfd, kEntries> entries);

    /// The container has ended: no more input, and output only until it is drained.
    void end_input();
    /// Whether output waits for our side to take it.
    [[nodiscard]] bool blocked() const { return output_ && output_->pending(); }
    /// Nobody has the pty open any more, and all it said is written.
    [[nodiscard]] bool drained() const { return !output_ || output_->finished(); }

 private:
    PtyMaster(TerminalStreams streams, HostTerminal host, sys::SocketFd ours, sys::SocketFd theirs)
        : streams_(streams),
          host_(std::move(host)),
          ours_(std::move(ours)),
          theirs_(std::move(theirs)) {}
    Status prepare();

    TerminalStreams streams_;
    HostTerminal host_;
    sys::SocketFd ours_;
    sys::SocketFd theirs_;
    sys::Fd out_;  ///< our terminal, opened once more so as not to block; or nothing
    sys::Fd master_;
    sys::Fd peer_;  ///< held open, so that a container may close its terminal for a while
    std::optional<Relay> input_;
    std::optional<Relay> output_;
};

}  // namespace crux::console

#pragma once

#include <optional>

#include "runtime/base/error.h"
#include "runtime/console/host_terminal.h"
#include "runtime/console/relay.h"
#include "runtime/console/traffic.h"
#include "runtime/sys/handle.h"

namespace crux::console {

/// The container's terminal in the foreground: crux holds the pty master and copies bytes between
/// it and the terminal that it was started from.
class PtyMaster final : public Traffic {
 public:
    /// Finds the caller's terminal and makes the socket for the master. Before anything is created,
    /// because it fails without a terminal.
    static Result<PtyMaster> open(const TerminalStreams& streams = {});

    PtyMaster(PtyMaster&&) = default;
    PtyMaster& operator=(PtyMaster&&) = delete;
    PtyMaster(const PtyMaster&) = delete;
    PtyMaster& operator=(const PtyMaster&) = delete;
    ~PtyMaster() override = default;

    /// The end of the socket on which init sends the master; may be taken once.
    sys::SocketFd take_socket() { return std::move(theirs_); }
    /// Receives the master from the socket, at most until the timeout, sets the size of the pty to
    /// that of our window and switches our terminal to raw mode. Before the container's program
    /// starts.
    Status receive(int timeout_ms);
    void ask(Entries entries) const override;
    void serve(Events entries) override;
    bool resize() override;
    /// Raw mode and input again.
    void resume() override;
    void end_input() override;
    [[nodiscard]] bool blocked() const override { return output_ && output_->pending(); }
    /// No process has the pty open any more, and all its output is written.
    [[nodiscard]] bool drained() const override { return !output_ || output_->finished(); }

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
    sys::Fd out_;  ///< our terminal, opened again as non-blocking; or nothing
    sys::Fd master_;
    sys::Fd peer_;  ///< kept open, so that a container may close its terminal and open it again
    std::optional<Relay> input_;
    std::optional<Relay> output_;
};

}  // namespace crux::console

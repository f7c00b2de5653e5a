#pragma once

#include <termios.h>

#include <optional>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"

namespace crux::console {

/// The descriptors that a person sits at: ours, unless a test says otherwise.
struct TerminalStreams {
    sys::FdRef in{0};
    sys::FdRef out{1};
    sys::FdRef err{2};
};

/// The terminal that we were started from. Gives it its old modes back when it goes.
class HostTerminal {
 public:
    /// The first of stderr, stdout and stdin that is a terminal, else /dev/tty; without any of them
    /// an error.
    static Result<HostTerminal> open(const TerminalStreams& streams);

    HostTerminal(HostTerminal&& other) noexcept;
    HostTerminal& operator=(HostTerminal&&) = delete;
    HostTerminal(const HostTerminal&) = delete;
    HostTerminal& operator=(const HostTerminal&) = delete;
    ~HostTerminal();

    [[nodiscard]] sys::FdRef fd() const;
    /// Raw mode: what is typed goes on as it is, and what is written appears as it is. In the
    /// background it does nothing, since the terminal is somebody else's then.
    Status make_raw();
    /// The modes from before the first make_raw. Errors have no remedy and are dropped.
    void restore();

 private:
    [[nodiscard]] bool in_background() const;

    HostTerminal(sys::Fd own, sys::FdRef borrowed) : own_(std::move(own)), borrowed_(borrowed) {}

    sys::Fd own_;          ///< /dev/tty, where it had to be opened
    sys::FdRef borrowed_;  ///< otherwise one of the streams
    std::optional<struct ::termios> before_;
};

}  // namespace crux::console

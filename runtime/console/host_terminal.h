#pragma once

#include <termios.h>

#include <optional>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"

namespace crux::console {

/// The descriptors of the caller's terminal: our standard streams, except in tests.
struct TerminalStreams {
    sys::FdRef in{0};
    sys::FdRef out{1};
    sys::FdRef err{2};
};

/// The terminal that crux was started from. The destructor restores its modes.
class HostTerminal {
 public:
    /// The first of stderr, stdout and stdin that is a terminal, else /dev/tty; an error if there
    /// is none.
    static Result<HostTerminal> open(const TerminalStreams& streams);

    HostTerminal(HostTerminal&& other) noexcept;
    HostTerminal& operator=(HostTerminal&&) = delete;
    HostTerminal(const HostTerminal&) = delete;
    HostTerminal& operator=(const HostTerminal&) = delete;
    ~HostTerminal();

    [[nodiscard]] sys::FdRef fd() const;
    /// Raw mode: input and output are passed unchanged. Does nothing in the background, because the
    /// terminal belongs to another process group then.
    Status make_raw();
    /// Restores the modes from before the first make_raw. Errors are ignored, because nothing can
    /// be done about them.
    void restore();

 private:
    [[nodiscard]] bool in_background() const;

    HostTerminal(sys::Fd own, sys::FdRef borrowed) : own_(std::move(own)), borrowed_(borrowed) {}

    sys::Fd own_;          ///< /dev/tty, if it was opened
    sys::FdRef borrowed_;  ///< otherwise one of the streams
    std::optional<struct ::termios> before_;
};

}  // namespace crux::console

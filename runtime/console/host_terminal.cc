#include "runtime/console/host_terminal.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "runtime/sys/file.h"
#include "runtime/sys/terminal.h"

namespace crux::console {

Result<HostTerminal> HostTerminal::open(const TerminalStreams& streams) {
    for (sys::FdRef stream : {streams.err, streams.out, streams.in})
        if (sys::is_terminal(stream)) return HostTerminal(sys::Fd(), stream);
    sys::Fd file =
        TRY(sys::openat(sys::FdRef::cwd(), "/dev/tty", O_RDWR | O_NOCTTY).during("/dev/tty"));
    return HostTerminal(std::move(file), sys::FdRef::none());
}

HostTerminal::HostTerminal(HostTerminal&& other) noexcept
    : own_(std::move(other.own_)),
      borrowed_(other.borrowed_),
      before_(std::exchange(other.before_, std::nullopt)) {}

HostTerminal::~HostTerminal() {
    restore();
}

sys::FdRef HostTerminal::fd() const {
    return own_ ? sys::FdRef(own_) : borrowed_;
}

bool HostTerminal::in_background() const {
    // Fails if it is not our controlling terminal, which has no background process groups then.
    const pid_t group = ::tcgetpgrp(fd().get());
    return group > 0 && group != ::getpgrp();
}

Status HostTerminal::make_raw() {
    if (in_background()) return {};
    const struct ::termios now = TRY(sys::tcgetattr(fd()).during("terminal"));
    TRY(sys::tcsetattr(fd(), sys::raw(now)).during("terminal"));
    if (!before_) before_ = now;
    return {};
}

void HostTerminal::restore() {
    if (before_) (void)sys::tcsetattr(fd(), *before_);
    before_.reset();
}

}  // namespace crux::console

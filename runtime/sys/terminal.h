#pragma once

#include <sys/ioctl.h>
#include <termios.h>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"

namespace crux::sys {

/// ioctl(TIOCGPTPEER) (4.13): the slave of the master, without a path that could be another file.
Result<Fd, Errno> pty_peer(FdRef master, int flags) noexcept;

bool is_terminal(FdRef file) noexcept;
/// ioctl(TIOCGWINSZ).
Result<struct ::winsize, Errno> window_size(FdRef terminal) noexcept;
/// ioctl(TIOCSWINSZ).
Result<void, Errno> set_window_size(FdRef terminal, const struct ::winsize& size) noexcept;
Result<struct ::termios, Errno> tcgetattr(FdRef terminal) noexcept;
/// tcsetattr(3) with TCSANOW.
Result<void, Errno> tcsetattr(FdRef terminal, const struct ::termios& attributes) noexcept;
/// The attributes changed to raw mode (cfmakeraw(3)).
struct ::termios raw(struct ::termios attributes) noexcept;

}  // namespace crux::sys

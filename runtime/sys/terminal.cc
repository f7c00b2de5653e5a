#include "runtime/sys/terminal.h"

#include <fcntl.h>
#include <unistd.h>

#include "runtime/sys/checked.h"
#include "runtime/sys/file.h"

namespace crux::sys {

using detail::done;

Result<Fd, Errno> pty_peer(FdRef master, int flags) noexcept {
    return detail::owned<Fd>("open pty peer",
                             [&] { return ::ioctl(master.get(), TIOCGPTPEER, flags | O_CLOEXEC); });
}

bool is_terminal(FdRef file) noexcept {
    return ::isatty(file.get()) == 1;
}

Result<struct ::winsize, Errno> window_size(FdRef terminal) noexcept {
    struct ::winsize size = {};
    TRY(done("get window size", [&] { return ::ioctl(terminal.get(), TIOCGWINSZ, &size); }));
    return size;
}

Result<void, Errno> set_window_size(FdRef terminal, const struct ::winsize& size) noexcept {
    return done("set window size", [&] { return ::ioctl(terminal.get(), TIOCSWINSZ, &size); });
}

Result<struct ::termios, Errno> tcgetattr(FdRef terminal) noexcept {
    struct ::termios attributes = {};
    TRY(done("tcgetattr", [&] { return ::tcgetattr(terminal.get(), &attributes); }));
    return attributes;
}

Result<void, Errno> tcsetattr(FdRef terminal, const struct ::termios& attributes) noexcept {
    return done("tcsetattr", [&] { return ::tcsetattr(terminal.get(), TCSANOW, &attributes); });
}

struct ::termios raw(struct ::termios attributes) noexcept {
    ::cfmakeraw(&attributes);
    return attributes;
}

}  // namespace crux::sys

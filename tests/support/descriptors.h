#pragma once

#include <fcntl.h>
#include <sys/socket.h>

#include <cstdlib>

namespace crux::test {

/// Whether the descriptor is open, and closes itself when a program is executed.
inline bool is_cloexec(int file) {
    const int flags = ::fcntl(file, F_GETFD);
    return flags >= 0 && (flags & FD_CLOEXEC) != 0;
}

/// A new connection of the listening socket; -1 where it fails.
inline int accept_one(int listener) {
    return ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
}

/// A new master, unlocked, of the /dev/ptmx of this mount namespace; -1 where there is none.
inline int open_pty_master() {
    const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    return master >= 0 && ::unlockpt(master) == 0 ? master : -1;
}

}  // namespace crux::test

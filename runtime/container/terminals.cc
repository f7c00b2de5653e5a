#include "runtime/container/terminals.h"

#include "runtime/console/console_socket.h"

namespace crux::container {

Status check_terminal(const oci::Process* process, const std::string& console_socket,
                      bool served_here) {
    const bool terminal = process != nullptr && process->terminal;
    if (terminal && console_socket.empty() && !served_here)
        return fail(Error::Kind::usage,
                    "cannot allocate tty if runc will detach without setting console socket");
    if (!terminal && !console_socket.empty())
        return fail(Error::Kind::usage,
                    "cannot use console socket if runc will not detach or allocate tty");
    return {};
}

Result<sys::SocketFd> connect_console(const std::string& path) {
    if (path.empty()) return sys::SocketFd();
    return console::connect_console_socket(path);
}

}  // namespace crux::container

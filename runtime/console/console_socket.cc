#include "runtime/console/console_socket.h"

#include "runtime/base/text.h"
#include "runtime/sys/socket.h"

namespace crux::console {

Result<sys::SocketFd> connect_console_socket(const std::string& path) {
    const std::string place = cat("console socket ", path);
    sys::SocketFd socket = TRY(sys::socket(AF_UNIX, SOCK_STREAM).during(place));
    TRY(sys::connect_unix(socket, path).during(place));
    return socket;
}

}  // namespace crux::console

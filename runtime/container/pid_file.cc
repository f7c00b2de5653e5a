#include "runtime/container/pid_file.h"

#include <sys/socket.h>

#include <array>

#include "runtime/base/text.h"
#include "runtime/sys/directory.h"
#include "runtime/sys/file.h"
#include "runtime/sys/socket.h"

namespace crux::container {

Status write_pid_file(const std::string& path, pid_t pid) {
    const std::size_t slash = path.rfind('/');
    const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
    const std::string hidden = cat(path.substr(0, name), '.', path.substr(name));
    constexpr mode_t kMode = 0666;
    // One that a killed create left must not keep the next one from its work.
    (void)sys::unlinkat(sys::FdRef::cwd(), hidden);
    const sys::Fd file =
        TRY(sys::openat(sys::FdRef::cwd(), hidden, O_WRONLY | O_CREAT | O_EXCL, kMode)
                .during(cat("pid file ", hidden)));
    Status written = sys::write_all(file, cat(pid)).during(cat("pid file ", hidden));
    if (written)
        written = sys::renameat2(sys::FdRef::cwd(), hidden, sys::FdRef::cwd(), path)
                      .during(cat("pid file ", path));
    if (!written) (void)sys::unlinkat(sys::FdRef::cwd(), hidden);
    return written;
}

void remove_pid_file(const std::string& path) {
    if (!path.empty()) (void)sys::unlinkat(sys::FdRef::cwd(), path);
}

Status send_pidfd(const std::string& path, sys::FdRef pidfd, std::string_view payload) {
    const sys::SocketFd socket = TRY(sys::socket(AF_UNIX, SOCK_STREAM));
    TRY(sys::connect_unix(socket, path).during(cat("pidfd socket ", path)));
    const std::array<sys::FdRef, 1> descriptors = {pidfd};
    TRY(sys::sendmsg(socket, payload, descriptors).during(cat("pidfd socket ", path)));
    return {};
}

}  // namespace crux::container

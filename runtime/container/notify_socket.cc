#include "runtime/container/notify_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "oci-spec/parsers.h"
#include "runtime/base/text.h"
#include "runtime/sys/directory.h"
#include "runtime/sys/file.h"
#include "runtime/sys/poll.h"
#include "runtime/sys/socket.h"

namespace crux::container {

namespace {

constexpr const char* kSocket = "notify.sock";
constexpr int kBarrierMs = 30'000;

/// The line of a notification that says the service is ready, or "".
std::string_view ready_line(std::string_view notification) {
    for (const std::string_view line : split(notification, '\n'))
        if (line.starts_with("READY=")) return line;
    return {};
}

}  // namespace

std::string manager_socket() {
    const char* path = std::getenv("NOTIFY_SOCKET");
    return path == nullptr ? "" : path;
}

Status make_notify_folder(const StateDirectory& state) {
    constexpr mode_t kMode = 0755;
    TRY(sys::mkdirat(state.directory(), kNotifyFolder, kMode).during("make the notify folder"));
    return {};
}

void offer_notify(oci::Config& config, const std::string& state) {
    oci::Mount mount;
    mount.destination = kNotifyPlace;
    mount.source = cat(state, '/', kNotifyFolder);
    mount.options = {"bind", "nosuid", "noexec", "nodev", "ro"};
    mount.parsed = oci::parse_mount_options(mount.options);
    config.mounts.push_back(std::move(mount));
    if (config.process)
        config.process->env.push_back(cat("NOTIFY_SOCKET=", kNotifyPlace, '/', kSocket));
}

Result<std::optional<NotifyProxy>> NotifyProxy::open(const StateDirectory& state) {
    const std::string manager_path = manager_socket();
    if (manager_path.empty()) return std::optional<NotifyProxy>();
    auto folder = sys::openat(state.directory(), kNotifyFolder, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    if (!folder && folder.error().value == ENOENT) return std::optional<NotifyProxy>();
    const sys::Fd place = TRY(std::move(folder).during("open the notify folder"));

    sys::SocketFd manager = TRY(sys::socket(AF_UNIX, SOCK_DGRAM));
    TRY(sys::connect_unix(manager, manager_path).during(cat("notify socket ", manager_path)));
    sys::SocketFd ours = TRY(sys::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK));
    // A start that failed may have left one.
    (void)sys::unlinkat(place, kSocket);
    TRY(sys::bind_unix(ours, cat(sys::FdPath(place).c_str(), '/', kSocket))
            .during("bind the notify socket"));
    // Whoever the program runs as.
    constexpr mode_t kAnyone = 0777;
    TRY(sys::fchmodat(place, kSocket, kAnyone).during("open the notify socket to the program"));
    return std::optional(NotifyProxy(std::move(ours), std::move(manager)));
}

Result<bool> NotifyProxy::serve(pid_t main_pid) {
    constexpr std::size_t kMost = 4096;
    std::array<char, kMost> buffer{};
    for (;;) {
        // lint: allow wait: the socket does not block.
        auto message = sys::recvmsg(ours_, buffer);
        if (!message && message.error().value == EAGAIN) return false;
        const sys::ReceivedMessage got = TRY(std::move(message).during("read the notify socket"));
        const std::string_view line = ready_line({buffer.data(), got.bytes});
        if (line.empty()) continue;
        TRY(sys::sendmsg(manager_, cat(line, '\n')).during("notify the service manager"));
        TRY(sys::sendmsg(manager_, cat("MAINPID=", main_pid, '\n'))
                .during("notify the service manager"));
        sys::Pipe barrier = TRY(sys::pipe2());
        const std::array<sys::FdRef, 1> descriptors = {barrier.write};
        TRY(sys::sendmsg(manager_, "BARRIER=1", descriptors).during("notify the service manager"));
        barrier_ = std::move(barrier.read);
        return true;
    }
}

Status NotifyProxy::wait(sys::FdRef process, pid_t main_pid) {
    for (;;) {
        std::array<struct ::pollfd, 2> entries{};
        entries[0] = {.fd = ours_.get(), .events = POLLIN, .revents = 0};
        entries[1] = {.fd = process.get(), .events = POLLIN, .revents = 0};
        // lint: allow wait: how long a program takes to be ready, or ends, is its own affair.
        TRY(sys::poll(entries, sys::kForever).during("wait for the program to be ready"));
        // First, for a program that says so and ends.
        if (TRY(serve(main_pid))) break;
        if (entries[1].revents != 0) return {};
    }
    // The manager may take a message only while its sender lives. One that knows of no barriers
    // leaves the descriptor open, or drops it.
    TRY(sys::poll_one(barrier_, POLLIN, kBarrierMs).during("wait for the service manager"));
    return {};
}

}  // namespace crux::container

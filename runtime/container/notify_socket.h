#pragma once

#include <optional>
#include <string>

#include "runtime/container/prepare.h"
#include "runtime/container/store.h"
#include "runtime/sys/handle.h"

namespace crux::container {

/// The folder of the state directory with the container's socket, and where the container has it.
inline constexpr const char* kNotifyFolder = "notify";
inline constexpr const char* kNotifyPlace = "/run/notify";

/// The service manager's socket that we were started with ($NOTIFY_SOCKET, sd_notify(3)); empty
/// where there is none.
std::string manager_socket();

/// Makes the folder of the socket that the container gets in the manager's place. The socket itself
/// comes with NotifyProxy, when the program is about to run.
Status make_notify_folder(const StateDirectory& state);

/// Adds to the configuration what lets the program find that socket: a mount of the folder
/// `notify` of the state directory (at the path `state`) on /run/notify, and NOTIFY_SOCKET.
void offer_notify(oci::Config& config, const std::string& state);

/// A relay between a container's program and the service manager: notifies the manager that the
/// service is ready when the program does.
class NotifyProxy {
 public:
    /// Binds the container's socket and connects the manager's. Nothing where there is no manager,
    /// or where the container was made without the folder.
    static Result<std::optional<NotifyProxy>> open(const StateDirectory& state);

    /// What to wait for: readable when the program has said something.
    [[nodiscard]] sys::FdRef file() const { return ours_; }
    /// Takes what the program said. With the first line that begins with "READY=" the manager is
    /// told: that line, and the process to look after from now on. True when that is done.
    Result<bool> serve(pid_t main_pid);
    /// Waits until the program is ready, and the manager has dealt with it (30 s at most), or until
    /// the process ends.
    Status wait(sys::FdRef process, pid_t main_pid);

 private:
    NotifyProxy(sys::SocketFd ours, sys::SocketFd manager)
        : ours_(std::move(ours)), manager_(std::move(manager)) {}

    sys::SocketFd ours_;
    sys::SocketFd manager_;
    sys::Fd barrier_;  ///< its other end is closed when the manager has read everything
};

}  // namespace crux::container

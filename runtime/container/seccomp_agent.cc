#include "runtime/container/seccomp_agent.h"

#include "runtime/base/text.h"
#include "runtime/seccomp/listener.h"
#include "runtime/sys/directory.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"

namespace crux::container {

Status hand_over_listener(const oci::Seccomp& profile, const oci::State& state,
                          const launch::Launched& process, int number) {
    constexpr const char* kPlace = "/linux/seccomp/listenerPath";
    const sys::SocketFd socket = TRY(seccomp::connect_listener(profile.listener_path).at(kPlace));
    const sys::Fd listener = TRY(
        sys::pidfd_getfd(process.pidfd(), number).during("take the seccomp listener").at(kPlace));
    // The number is init's: whatever it names must be no other file.
    const std::string target =
        TRY(sys::readlinkat(sys::FdRef::cwd(), sys::FdPath(listener)).during("seccomp listener"));
    if (target != "anon_inode:seccomp notify")
        return std::unexpected(
            Error(Error::Kind::protocol, "init named a descriptor that is no seccomp listener")
                .at(kPlace));
    const std::string text =
        oci::seccomp_state_json(state, process.pid(), profile.listener_metadata);
    return seccomp::send_listener(socket, listener, text).at(kPlace);
}

}  // namespace crux::container

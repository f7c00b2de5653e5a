#include "runtime/launch/id_maps.h"

#include <linux/sched.h>
#include <signal.h>
#include <sys/wait.h>

#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/namespace.h"
#include "runtime/sys/process.h"

namespace crux::launch {

Status write_id_maps(pid_t pid, const std::string& uid_map, const std::string& gid_map) {
    const std::string directory = cat("/proc/", pid);
    TRY(sys::write_file(cat(directory, "/uid_map"), uid_map)
            .during("write the user id map")
            .at("/linux/uidMappings"));
    return sys::write_file(cat(directory, "/gid_map"), gid_map)
        .during("write the group id map")
        .at("/linux/gidMappings");
}

Result<sys::Fd> user_namespace_with(const std::string& uid_map, const std::string& gid_map,
                                    const std::string& origin) {
    struct clone_args arguments = {};
    arguments.flags = CLONE_NEWUSER;
    arguments.exit_signal = SIGCHLD;
    const pid_t pid = TRY(sys::clone3(arguments).during("make a user namespace").at(origin));
    if (pid == 0)
        for (;;) ::pause();
    Status mapped = write_id_maps(pid, uid_map, gid_map);
    auto opened = sys::open_namespace(pid, "user");
    (void)sys::kill(pid, SIGKILL);
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    TRY(std::move(mapped).at(origin));
    sys::NamespaceFd made = TRY(std::move(opened).during("open a user namespace").at(origin));
    return sys::Fd(std::move(made).release());
}

}  // namespace crux::launch

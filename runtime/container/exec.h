#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/container/operations.h"

namespace crux::container {

struct ExecOptions {
    /// A process document (runc's --process); it says everything about the process, and what stands
    /// below up to `capabilities` is not looked at.
    std::string process_file;
    std::vector<std::string> args;
    bool tty = false;
    std::string cwd;
    std::vector<std::string> env;  ///< added to the container's
    std::optional<std::uint32_t> uid;
    std::optional<std::uint32_t> gid;
    std::vector<std::uint32_t> additional_gids;
    std::string apparmor_profile;
    std::string selinux_label;
    std::optional<bool> no_new_privileges;  ///< not given: as the container's process
    std::vector<std::string> capabilities;  ///< added: names

    bool detach = false;
    bool ignore_paused = false;
    unsigned preserve_fds = 0;
    std::string console_socket;
    std::string pid_file;
    std::string pidfd_socket;
    /// Cgroups below the container's: a path (v2), or CONTROLLER[,CONTROLLER…]:PATH (v1).
    std::vector<std::string> cgroups;
    StepLog* step_log = nullptr;  ///< told each step of the plan
};

/// Runs another process in a container that is created or running. In the foreground it answers the
/// exit status to leave with, detached 0 as soon as the program is about to be executed.
Result<int> exec(const StateRoot& place, std::string_view id, const ExecOptions& options,
                 Warnings& warnings);

}  // namespace crux::container

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/capability/names.h"
#include "runtime/host/facts.h"

namespace crux::host {

/// The result of creating a namespace of one type.
struct NamespaceTrial {
    std::string_view name;  ///< its file in /proc/PID/ns: "mnt"
    int error = 0;          ///< errno; 0 if the kernel created it
};

/// A helper program that crux runs.
struct ProgramFile {
    std::string path;  ///< empty: not found
    /// The file grants the capability that the program requires, or is set-user-ID root.
    bool privileged = false;
};

/// What crux doctor reports about a host in addition to the facts that a plan uses (facts.h), as a
/// plain value: read once, or filled in by a test.
struct Survey {
    Facts facts;
    std::string release;  ///< of the kernel: "6.1.0-13-amd64"
    std::string user;     ///< the caller's name in /etc/passwd; empty: it has no entry

    capability::Set capabilities = 0;  ///< effective
    capability::Set bounding = 0;
    /// One for each type, created as crux would create it: together with a user namespace if the
    /// caller does not have CAP_SYS_ADMIN.
    std::vector<NamespaceTrial> namespaces;
    /// Sysctls that forbid user namespaces to unprivileged users; nothing if the kernel does not
    /// have the sysctl.
    std::optional<long> userns_clone;     ///< kernel.unprivileged_userns_clone (Debian)
    std::optional<long> userns_apparmor;  ///< kernel.apparmor_restrict_unprivileged_userns (Ubuntu)

    std::uint64_t subordinate_uids = 0;  ///< number of IDs that /etc/subuid gives the caller
    std::uint64_t subordinate_gids = 0;
    ProgramFile newuidmap;
    ProgramFile newgidmap;
    ProgramFile criu;

    /// Controllers of the unified hierarchy that the caller can enable for a new cgroup next to its
    /// own.
    std::vector<std::string> delegated;
    /// v1 controllers that the kernel has and that are not disabled, mounted or not.
    std::vector<std::string> kernel_controllers;
    /// Paths that creating a container's cgroup writes to, and that the caller cannot write to.
    std::vector<std::string> closed_cgroups;

    std::vector<std::string> security_modules;  ///< in order; empty: securityfs is not mounted
    std::vector<std::string> seccomp_actions;   ///< of the kernel; empty: no seccomp filters
    bool core_scheduling = false;               ///< CONFIG_SCHED_CORE
    bool memory_policies = false;               ///< CONFIG_NUMA
    bool resctrl_known = false;                 ///< the kernel and the CPU support resctrl
    bool resctrl_mounted = false;
    bool systemd = false;          ///< the host was booted with systemd
    bool systemd_manager = false;  ///< the caller's manager (for root: the system manager) accepts
                                   ///< calls
};

/// The environment variables of the caller that the survey uses.
struct Surroundings {
    std::string_view path;            ///< PATH
    std::string_view runtime_folder;  ///< XDG_RUNTIME_DIR
};

/// Surveys this host. The caller fills in `closed_cgroups`, since only it knows a container's
/// cgroup path. Reads files, and creates a namespace of each type in a child that exits at once:
/// nothing on the host is changed. Fails if /proc is not mounted.
Result<Survey> read_survey(const Surroundings& surroundings);

/// The caller's name in the text of /etc/passwd, or nothing.
std::string user_name(std::string_view passwd, std::uint32_t uid);

/// The number of IDs that the text of /etc/subuid or /etc/subgid gives to this user, by name or
/// number.
std::uint64_t subordinate_ids(std::string_view text, std::string_view user, std::uint32_t uid);

/// The controllers in the text of /proc/cgroups that are enabled.
std::vector<std::string> enabled_controllers(std::string_view text);

}  // namespace crux::host

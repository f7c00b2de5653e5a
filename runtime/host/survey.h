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

/// What the kernel answered who asked for a new namespace.
struct NamespaceTrial {
    std::string_view name;  ///< its file in /proc/PID/ns: "mnt"
    int error = 0;          ///< errno; 0 where it was made
};

/// A program that crux has do what it cannot do itself.
struct ProgramFile {
    std::string path;  ///< empty: there is none
    /// The file grants the capability that the program needs, or has root's set-user-ID bit.
    bool privileged = false;
};

/// What a person wants to know of a host beyond the facts that a plan needs (facts.h), as a plain
/// value: read once, or written down by a test.
struct Survey {
    Facts facts;
    std::string release;  ///< of the kernel: "6.1.0-13-amd64"
    std::string user;     ///< the caller's name in /etc/passwd; empty: it has none

    capability::Set capabilities = 0;  ///< effective
    capability::Set bounding = 0;
    /// One for each kind, made as crux would: with a user namespace where the caller lacks
    /// CAP_SYS_ADMIN.
    std::vector<NamespaceTrial> namespaces;
    /// Sysctls that keep ordinary users from user namespaces; nothing where the kernel has none of
    /// the name.
    std::optional<long> userns_clone;     ///< kernel.unprivileged_userns_clone (Debian)
    std::optional<long> userns_apparmor;  ///< kernel.apparmor_restrict_unprivileged_userns (Ubuntu)

    std::uint64_t subordinate_uids = 0;  ///< how many /etc/subuid gives the caller
    std::uint64_t subordinate_gids = 0;
    ProgramFile newuidmap;
    ProgramFile newgidmap;
    ProgramFile criu;

    /// What the unified hierarchy lets the caller enable for a new cgroup beside its own.
    std::vector<std::string> delegated;
    /// Those of v1 that the kernel has and that are not switched off, mounted or not.
    std::vector<std::string> kernel_controllers;
    /// Paths that the caller would have to write to for a container's cgroup, and may not.
    std::vector<std::string> closed_cgroups;

    std::vector<std::string> security_modules;  ///< in their order; empty: securityfs is not there
    std::vector<std::string> seccomp_actions;   ///< of the kernel; empty: no filters
    bool core_scheduling = false;               ///< CONFIG_SCHED_CORE
    bool memory_policies = false;               ///< CONFIG_NUMA
    bool resctrl_known = false;                 ///< the kernel and the processor have resctrl
    bool resctrl_mounted = false;
    bool systemd = false;          ///< was booted
    bool systemd_manager = false;  ///< the caller's manager (root's is the machine's) takes calls
};

/// What of the caller's environment the survey depends on.
struct Surroundings {
    std::string_view path;            ///< PATH
    std::string_view runtime_folder;  ///< XDG_RUNTIME_DIR
};

/// Looks at this host; `closed_cgroups` is left to who knows a container's place. Reads files and
/// makes each kind of namespace in a child that ends at once: nothing is changed. Fails where /proc
/// is not mounted.
Result<Survey> read_survey(const Surroundings& surroundings);

/// The caller's name in the text of /etc/passwd, or nothing.
std::string user_name(std::string_view passwd, std::uint32_t uid);

/// How many ids the text of /etc/subuid or /etc/subgid gives to this user, by name or number.
std::uint64_t subordinate_ids(std::string_view text, std::string_view user, std::uint32_t uid);

/// The controllers in the text of /proc/cgroups that are not switched off.
std::vector<std::string> enabled_controllers(std::string_view text);

}  // namespace crux::host

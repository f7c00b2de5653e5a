#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What is true of this kernel and host, as a plain value: read once (read.h), or written down by
/// a test. Nothing here makes a system call.
namespace crux::host {

struct KernelVersion {
    int major = 0;
    int minor = 0;

    [[nodiscard]] constexpr bool at_least(int wanted_major, int wanted_minor) const noexcept {
        return major > wanted_major || (major == wanted_major && minor >= wanted_minor);
    }
    friend bool operator==(const KernelVersion&, const KernelVersion&) = default;
};

/// Which cgroup file systems are mounted.
enum class CgroupMode : std::uint8_t {
    none,
    v1,
    hybrid,  ///< v1 hierarchies beside a cgroup2, which may have controllers of its own
    v2,
};

/// One mounted cgroup hierarchy.
struct CgroupHierarchy {
    int version = 2;  ///< 1 or 2
    /// v1: those mounted together here, as the kernel lists them; a named hierarchy is "name=…".
    /// v2: those that the mount's top offers (cgroup.controllers).
    std::vector<std::string> controllers;
    std::string mountpoint;
    /// This process's cgroup as /proc/self/cgroup tells it, seen from our cgroup namespace.
    std::string own_path;
    /// The same as a directory of the host; empty where the mount does not show it.
    std::string own_directory;

    [[nodiscard]] bool has(std::string_view controller) const {
        return std::ranges::find(controllers, controller) != controllers.end();
    }
    friend bool operator==(const CgroupHierarchy&, const CgroupHierarchy&) = default;
};

struct CgroupLayout {
    CgroupMode mode = CgroupMode::none;
    /// The mounted ones, in the order of /proc/self/cgroup: v1 first, the cgroup2 last.
    std::vector<CgroupHierarchy> hierarchies;

    /// The hierarchy that has the controller ("memory", "name=systemd"), or null.
    [[nodiscard]] const CgroupHierarchy* find(std::string_view controller) const {
        for (const CgroupHierarchy& hierarchy : hierarchies)
            if (hierarchy.has(controller)) return &hierarchy;
        return nullptr;
    }
    /// The cgroup2 hierarchy, or null.
    [[nodiscard]] const CgroupHierarchy* unified() const {
        for (const CgroupHierarchy& hierarchy : hierarchies)
            if (hierarchy.version == 2) return &hierarchy;
        return nullptr;
    }
    friend bool operator==(const CgroupLayout&, const CgroupLayout&) = default;
};

struct Facts {
    KernelVersion kernel;
    std::uint32_t uid = 0;  ///< effective
    std::uint32_t gid = 0;  ///< effective
    /// In a user namespace other than the machine's first one, whatever its maps say: device nodes
    /// and most mounts are refused there even with the full identity map.
    bool in_user_namespace = false;
    /// This user namespace, and so each one made in it, forbids setgroups(2) (user_namespaces(7)).
    bool setgroups_denied = false;
    int last_capability = 40;
    std::size_t page_size = 4096;
    CgroupLayout cgroup;
    bool apparmor = false;
    bool selinux = false;
    bool kcore = true;     ///< /proc/kcore is there (CONFIG_PROC_KCORE)
    int landlock_abi = 0;  ///< 0: not there, or switched off
};

}  // namespace crux::host

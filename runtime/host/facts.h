#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Facts about this kernel and host, as a plain value: read once (read.h), or filled in by a test.
/// Nothing here makes a system call.
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
    hybrid,  ///< v1 hierarchies and a cgroup2 hierarchy, which may have controllers too
    v2,
};

/// One mounted cgroup hierarchy.
struct CgroupHierarchy {
    int version = 2;  ///< 1 or 2
    /// v1: the controllers mounted together here, as the kernel lists them; a named hierarchy is
    /// "name=…". v2: the controllers in cgroup.controllers of the mount's top directory.
    std::vector<std::string> controllers;
    std::string mountpoint;
    /// This process's cgroup as /proc/self/cgroup shows it, relative to our cgroup namespace.
    std::string own_path;
    /// The same as a directory of the host; empty if the mount does not show it.
    std::string own_directory;

    [[nodiscard]] bool has(std::string_view controller) const {
        return std::ranges::find(controllers, controller) != controllers.end();
    }
    friend bool operator==(const CgroupHierarchy&, const CgroupHierarchy&) = default;
};

struct CgroupLayout {
    CgroupMode mode = CgroupMode::none;
    /// The mounted hierarchies, in the order of /proc/self/cgroup: v1 first, cgroup2 last.
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
    /// In a user namespace other than the initial one, whatever its ID mappings are: the kernel
    /// refuses device nodes and most mounts there, even with the full identity mapping.
    bool in_user_namespace = false;
    /// This user namespace, and so each one created in it, denies setgroups(2)
    /// (user_namespaces(7)).
    bool setgroups_denied = false;
    int last_capability = 40;
    std::size_t page_size = 4096;
    CgroupLayout cgroup;
    bool apparmor = false;
    bool selinux = false;
    bool kcore = true;     ///< /proc/kcore exists (CONFIG_PROC_KCORE)
    int landlock_abi = 0;  ///< 0: not supported, or disabled at boot
};

}  // namespace crux::host

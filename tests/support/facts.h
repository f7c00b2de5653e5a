#pragma once

#include <optional>
#include <string>
#include <utility>

namespace crux::test {

/// How this host mounts its cgroup hierarchies.
enum class CgroupMode { none, v1, hybrid, v2 };

/// The cgroup filesystems below /sys/fs/cgroup: only v1, v1 with a cgroup2, or only cgroup2.
CgroupMode cgroup_mode();
/// "none", "v1", "hybrid" or "v2".
std::string cgroup_mode_name();

/// The version of the running kernel: major, minor.
std::pair<int, int> kernel_version();
/// Whether the running kernel is at least this one.
bool kernel_is_at_least(int major, int minor);

/// Whether this process is root in the initial user namespace.
bool is_root();
/// Whether our effective set contains this capability (a number of <linux/capability.h>).
bool has_capability(int capability);
/// Whether this process may make a new user namespace.
bool has_user_namespaces();
/// Whether the kernel has CONFIG_TIME_NS.
bool has_time_namespaces();

/// The mount point of the hierarchy that has this controller ("memory", "pids", "freezer", …; on v2
/// also "freezer" and "devices", which need no controller file), if any.
std::optional<std::string> controller_mount(const std::string& controller);
/// The cgroup of a process in the hierarchy of this controller, as a path below /sys/fs/cgroup.
std::optional<std::string> cgroup_of(int pid, const std::string& controller);

/// Ends the running test case as skipped, and prints "SKIPPED: " and the reason, which CTest reads.
[[noreturn]] void skip(const std::string& reason);
/// Skips unless this process is root.
void need_root();
/// Skips unless the host has this controller.
void need_controller(const std::string& controller);

}  // namespace crux::test

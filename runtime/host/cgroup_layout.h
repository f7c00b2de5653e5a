#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/host/facts.h"

namespace crux::host {

/// A line of /proc/self/cgroup (cgroups(7)).
struct Membership {
    std::vector<std::string_view> controllers;  ///< empty for cgroup2
    std::string_view path;
};

/// Parses /proc/self/cgroup. The parts point into the text.
Result<std::vector<Membership>> parse_memberships(std::string_view text);

/// The fields of a line of /proc/self/mountinfo (proc(5)) that crux uses; names are still escaped.
struct MountEntry {
    int id = 0;
    int parent = 0;
    std::string_view root;
    std::string_view mountpoint;
    std::string_view type;
    std::string_view options;  ///< of the filesystem ("super options")
};

/// Parses /proc/self/mountinfo. The parts point into the text.
Result<std::vector<MountEntry>> parse_mountinfo(std::string_view text);

/// Decodes the kernel's octal escapes (such as \040) in a name.
std::string unescaped(std::string_view name);

/// The layout that the two files describe. They do not list the controllers of a cgroup2, which
/// stay empty.
///
/// If a hierarchy is mounted more than once, mounts hidden by another mount are skipped. Of the
/// others, a mount that shows our own cgroup is preferred, then one below /sys/fs/cgroup, then the
/// one mounted first.
Result<CgroupLayout> parse_cgroup_layout(std::string_view memberships, std::string_view mountinfo);

/// The directory of a cgroup in a mount whose top directory is the cgroup `root`; nothing if the
/// mount does not show the cgroup.
std::optional<std::string> directory_in_mount(std::string_view mountpoint, std::string_view root,
                                              std::string_view path);

/// The words of a cgroup.controllers file.
std::vector<std::string> parse_controllers(std::string_view text);

/// The version in a kernel release such as "6.1.0-13-amd64".
std::optional<KernelVersion> parse_kernel_release(std::string_view release);

}  // namespace crux::host

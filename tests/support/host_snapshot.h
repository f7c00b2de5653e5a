#pragma once

#include <set>
#include <string>

namespace crux::test {

/// The objects that a container could leave on the host: the difference between a snapshot before
/// and after must be empty.
///
/// With CRUX_TESTS_ALONE in the environment (set by the test scripts), everything on the host
/// counts, except cgroups of processes that do not descend from the test: services start and end at
/// any time. Without it only objects with this test process's tag count, so that other work may run
/// at the same time. Processes count if they descend from the test, which is a subreaper and so
/// adopts orphans.
struct HostSnapshot {
    std::set<std::string> cgroups;    ///< directories below every mount of cgroups or resctrl
    std::set<std::string> mounts;     ///< lines of /proc/self/mountinfo without their ids
    std::set<std::string> processes;  ///< "pid name" of our descendants, zombies reaped before
    std::set<std::string> state;      ///< files below the state root of the tests
    /// Type, mode, owner and path below the roots of the bundles, and paths at the top of /tmp,
    /// /run and such that crux could have made.
    std::set<std::string> files;
    /// "type:[inode]" in which our descendants are, or of which they or we have a descriptor.
    std::set<std::string> namespaces;
    /// "type description" of /proc/keys; only new ones are a change.
    std::set<std::string> keyrings;
    /// Nodes in /dev, network interfaces, and files behind loop devices.
    std::set<std::string> devices;

    /// Takes a snapshot of the host.
    static HostSnapshot take();
    /// Lines "+ new object" and "- missing object", each with its kind; empty without a difference.
    [[nodiscard]] std::string changes_until(const HostSnapshot& after) const;
};

/// Waits up to five seconds until the host is as before (a killed process and its cgroup disappear
/// with a delay); returns the remaining difference, or "".
std::string left_behind_since(const HostSnapshot& before);

}  // namespace crux::test

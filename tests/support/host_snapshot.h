#pragma once

#include <set>
#include <string>

namespace crux::test {

/// What a container could leave on the host: taken before and after, the difference must be empty.
///
/// With the environment's CRUX_TESTS_ALONE (the test scripts set it), everything on the host
/// counts. Without it only what bears this test process's tag, so that other work may go on beside
/// it. Processes count where they descend from the test, which is a subreaper and so adopts
/// orphans.
struct HostSnapshot {
    std::set<std::string> cgroups;     ///< directories below every cgroup mount
    std::set<std::string> mounts;      ///< lines of /proc/self/mountinfo without their ids
    std::set<std::string> processes;   ///< "pid name" of our descendants, zombies reaped before
    std::set<std::string> state;       ///< files below the state root of the tests
    std::set<std::string> namespaces;  ///< "type:[inode]" of our descendants

    /// Looks at the host now.
    static HostSnapshot take();
    /// Lines "+ what is new" and "- what is gone", each with its kind; empty where nothing changed.
    [[nodiscard]] std::string changes_until(const HostSnapshot& after) const;
};

/// Waits up to five seconds for the host to be as before (a killed process and its cgroup take a
/// moment to vanish); the difference that stays, or "".
std::string left_behind_since(const HostSnapshot& before);

}  // namespace crux::test

#pragma once

#include <cstdint>
#include <span>

#include "runtime/base/error.h"
#include "runtime/plan/layout.h"
#include "runtime/sys/handle.h"

namespace crux::launch {

/// A namespace to join before the new process creates its own.
struct Join {
    plan::Namespace type = plan::Namespace::user;
    int descriptor = -1;
    bool done = false;
};

/// The failure of the new process before it has executed init; read after it has exited.
struct StartFailure {
    int error = 0;
    std::uint32_t call = 0;
    std::uint32_t join = 0;  ///< index of the join that failed
};

/// The work of the new process before it executes init. It shares our memory, as after vfork, and
/// makes raw system calls only. The object must not move until the process has executed init or
/// exited.
struct Start {
    std::uint64_t namespaces = 0;  ///< CLONE_NEW* bits
    int cgroup = -1;               ///< directory for CLONE_INTO_CGROUP, or -1
    /// If namespaces are joined: the helper that joins them is cloned into the cgroup, while it
    /// still has the caller's privileges. The cgroup counts it until it exits.
    bool helper_enters = false;
    std::span<Join> joins;
    std::span<const int> inherited;  ///< descriptors that init keeps
    int our_end = -1;  ///< of the control socket; closed in init, so that our exit is end of file
    int control = -1;  ///< the new process's end
    bool waits_for_maps =
        false;  ///< in a new user namespace: for the Answer that says the mappings are written
    bool becomes_root = false;  ///< in a user namespace: changes to its user and group 0
    int image = -1;             ///< the init program
    int plan = -1;

    /// False if a small memory limit applies to it already: the OOM killer kills all processes that
    /// share the victim's memory. It then gets a copy of our memory, which costs more.
    bool shares_memory = true;
    int streams[3] = {-1, -1, -1};  ///< take the place of descriptors 0 to 2; -1: the caller's stay
    unsigned keep_below = 3;  ///< descriptors of the caller from this number on do not reach init

    StartFailure* failure = nullptr;  ///< in memory that both processes share

    // For its own use.
    int pid = 0;
    char plan_number[12] = {};
    char image_path[32] = {};
    const char* arguments[3] = {};
};

struct ClonedProcess {
    pid_t pid = 0;
    sys::Pidfd pidfd;
};

/// Creates the process that executes init: one clone3 directly into the cgroup and the new
/// namespaces. If namespaces must be joined first, a helper joins them and clones instead of us; it
/// has exited when this returns. Memory is shared until exec, which costs a third of a fork; exec
/// of a small program is then faster than any copy of this one (docs/decisions/0002).
Result<ClonedProcess> clone_init(Start& start);

/// The error for a Start that failed.
Error start_failure(const Start& start);

}  // namespace crux::launch

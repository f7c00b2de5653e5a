#pragma once

#include <cstdint>
#include <span>

#include "runtime/base/error.h"
#include "runtime/plan/layout.h"
#include "runtime/sys/handle.h"

namespace crux::launch {

/// A namespace to enter before the new process has any of its own.
struct Join {
    plan::Namespace type = plan::Namespace::user;
    int descriptor = -1;
    bool done = false;
};

/// What the new process left when it failed before it was init; read after it ended.
struct StartFailure {
    int error = 0;
    std::uint32_t call = 0;
    std::uint32_t join = 0;  ///< which join it was
};

/// What the new process does before it is init: it shares our memory, as after vfork, and uses raw
/// system calls only. The object must stay where it is until the process has become init or ended.
struct Start {
    std::uint64_t namespaces = 0;  ///< CLONE_NEW* bits
    int cgroup = -1;               ///< directory for CLONE_INTO_CGROUP, or -1
    /// Where namespaces are joined: the process that joins them is in the cgroup already, with the
    /// rights of before. It counts there as long as it lives.
    bool helper_enters = false;
    std::span<Join> joins;
    std::span<const int> inherited;  ///< descriptors that init keeps
    int our_end = -1;  ///< of the control socket; closed, so that our death is an end of file
    int control = -1;  ///< the new process's end
    bool waits_for_maps =
        false;  ///< in a new user namespace: an Answer comes when the maps are written
    bool becomes_root = false;  ///< in a user namespace: takes its user and group 0
    int image = -1;             ///< the init program
    int plan = -1;

    /// Not when a small memory limit already holds for it: a process killed for want of memory
    /// takes along all that share its memory. It then has a copy, which costs more.
    bool shares_memory = true;
    unsigned keep_below = 3;  ///< descriptors of the caller from this number on do not reach init

    StartFailure* failure = nullptr;  ///< in memory that both see

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

/// Makes the process that becomes init: one clone3 straight into the cgroup and the new namespaces,
/// or, where namespaces are joined first, a helper that joins and clones in our place and is gone
/// when this returns. Memory is shared until exec, which costs a third of a fork; exec of a small
/// program then is quicker than any copy of this one (docs/decisions/0002).
Result<ClonedProcess> clone_init(Start& start);

/// The sentence for a Start that failed, with a place of its own where it has one.
Error start_failure(const Start& start);

}  // namespace crux::launch

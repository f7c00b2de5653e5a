#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "runtime/base/error.h"
#include "runtime/base/step_log.h"
#include "runtime/cgroup/group.h"
#include "runtime/launch/clone.h"
#include "runtime/launch/message.h"
#include "runtime/plan/plan.h"
#include "runtime/sys/handle.h"
#include "runtime/sys/process.h"

/// From a plan to a process that waits at the barrier. runtime/container/transaction.h defines the
/// order in which the other resources of the host are created.
namespace crux::launch {

/// Handles for launch that are not part of the plan.
struct HostHandles {
    sys::FdRef fifo =
        sys::FdRef::none();          ///< exec.fifo, open for reading and writing; none for exec
    cgroup::Group* group = nullptr;  ///< created, with its limits
    sys::FdRef first_process = sys::FdRef::none();  ///< for exec: a pidfd of the container's init
    /// Its pid, if the new process may go to its present unified cgroup. That happens if the
    /// container's own cgroup was removed, or accepts no process (EBUSY of clone3: it has enabled
    /// controllers for its children).
    pid_t first_pid = 0;
    sys::FdRef console = sys::FdRef::none();  ///< connected console socket, or crux's own socket
    /// Take the place of descriptors 0 to 2; none: the process gets the caller's.
    std::array<sys::FdRef, 3> streams = {sys::FdRef::none(), sys::FdRef::none(),
                                         sys::FdRef::none()};
    StepLog* step_log = nullptr;  ///< receives each step that is done on the host
};

/// A process that has not reached the barrier yet. Unless it is released, the destructor kills and
/// reaps it, so that a failure leaves nothing behind.
class Launched {
 public:
    Launched(Launched&&) noexcept;
    Launched& operator=(Launched&&) = delete;
    ~Launched();

    [[nodiscard]] pid_t pid() const;
    [[nodiscard]] sys::FdRef pidfd() const;

    /// The next message of init. An error if a step failed (with its JSON pointer), or if init
    /// exited early; it names the memory limit if the OOM killer has killed init.
    Result<InitMessage> next();
    /// Answers plan::Request::map_ids: gets init's copy of a mount and maps its IDs with our
    /// privileges.
    Status map_ids(const InitMessage& event);
    /// Answers plan::Request::time_offsets.
    Status write_time_offsets();
    /// Lets init continue after `ask` and `ready`.
    Status resume();
    /// The destructor no longer kills the process. Returns its pidfd, to wait for it.
    sys::Pidfd release() &&;

 private:
    friend Result<Launched> start(plan::Plan& plan, const HostHandles& handles);
    struct State;
    explicit Launched(std::unique_ptr<State> state);
    /// Prepares the start of init and creates the process.
    Status clone_process(const HostHandles& handles, sys::FdRef image);
    /// Writes init's oom_score_adj and the ID mappings of its user namespace, which init cannot
    /// write itself. Init waits for the mappings.
    Status finish_user_namespace(StepLog* log);
    /// Waits until init sends a message or exits.
    Status wait_for_message();
    Error exited_early();
    [[nodiscard]] bool was_short_of_memory() const;
    [[nodiscard]] Error of_init(Error error) const;
    std::unique_ptr<State> state_;
};

/// Opens the descriptors of the plan's slots, writes plan and init program to sealed memfds,
/// creates the process and, in a new user namespace, writes its ID mappings.
Result<Launched> start(plan::Plan& plan, const HostHandles& handles);

}  // namespace crux::launch

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "runtime/base/error.h"
#include "runtime/base/step_log.h"
#include "runtime/cgroup/group.h"
#include "runtime/launch/clone.h"
#include "runtime/plan/plan.h"
#include "runtime/sys/handle.h"
#include "runtime/sys/process.h"

/// From a plan to a process that waits at the barrier. This folder is the only one that knows the
/// order of side effects on the host.
namespace crux::launch {

/// What init's side needs from outside the plan.
struct HostHandles {
    sys::FdRef fifo =
        sys::FdRef::none();          ///< exec.fifo, open for reading and writing; none for exec
    cgroup::Group* group = nullptr;  ///< made and limited already
    sys::FdRef first_process = sys::FdRef::none();  ///< for exec: a pidfd of the container's init
    /// Its number, where the new process may go into that one's present unified cgroup should the
    /// container's own take none (clone3's EBUSY: it has handed controllers to cgroups below it) or
    /// have gone.
    pid_t first_pid = 0;
    sys::FdRef console = sys::FdRef::none();  ///< connected console socket, or our proxy's socket
    StepLog* step_log = nullptr;              ///< receives each act on the host
};

/// What init says. A failure is not an event but the error of next().
struct InitMessage {
    enum class Kind : std::uint8_t {
        warning,  ///< `warning` says what the container has to live without
        ask,      ///< `request` is for us to do; then resume()
        ready,    ///< everything up to the barrier holds; record the container, then resume()
    };
    Kind kind = Kind::ready;
    plan::Request request = plan::Request::host_hooks;
    /// Init's own number of what the request is about (the seccomp listener, a mount).
    int descriptor = -1;
    std::size_t index = 0;  ///< of map_ids: in the plan's HostPart::mapped_sources
    std::string warning;
};

/// A process on its way to the barrier. As long as it is not released its end is the end of this
/// object: it is killed and reaped, so that a failure anywhere leaves nothing.
class Launched {
 public:
    Launched(Launched&&) noexcept;
    Launched& operator=(Launched&&) = delete;
    ~Launched();

    [[nodiscard]] pid_t pid() const;
    [[nodiscard]] sys::FdRef pidfd() const;

    /// The next thing that init says. An error when a step failed (its sentence and pointer), or
    /// when init ended without a word; the memory limit is named when that was its end.
    Result<InitMessage> next();
    /// Answers plan::Request::map_ids: takes init's copy of a mount and maps its ids with our
    /// rights.
    Status map_ids(const InitMessage& event);
    /// Tells init to go on after `ask` and `ready`.
    Status resume();
    /// The process is on its own from here; its pidfd stays for those who wait for it.
    sys::Pidfd release() &&;

 private:
    friend Result<Launched> start(plan::Plan& plan, const HostHandles& handles);
    struct State;
    explicit Launched(std::unique_ptr<State> state);
    /// Fills in how init starts, and makes the process.
    Status clone(const HostHandles& handles, sys::FdRef image);
    /// Writes what only this process may: init's OOM score, and the maps of its user namespace, for
    /// which init waits.
    Status finish_user_namespace(StepLog* log);
    /// Waits for init's next message, or its end.
    Status wait_for_message();
    Error exited_early();
    [[nodiscard]] bool was_short_of_memory() const;
    [[nodiscard]] Error of_init(Error error) const;
    std::unique_ptr<State> state_;
};

/// Opens what the plan's slots name, writes plan and init program to sealed memfds, makes the
/// process and, in a new user namespace, writes its maps.
Result<Launched> start(plan::Plan& plan, const HostHandles& handles);

}  // namespace crux::launch

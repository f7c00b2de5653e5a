#pragma once

#include <linux/sched.h>  // struct clone_args and CLONE_*, before <sched.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"
#include "runtime/sys/poll.h"

namespace crux::sys {

// --- creating and referring to processes (clone(2), pidfd_open(2)) ---

/// clone3(2) (5.3): the child's pid in the parent, 0 in the child. Only without CLONE_VM: a child
/// that shares memory requires its own stack and a call in assembly. The child may only make raw
/// system calls, as after vfork(2).
Result<pid_t, Errno> clone3(const struct ::clone_args& arguments) noexcept;
/// pidfd_open(2) (5.3).
Result<Pidfd, Errno> pidfd_open(pid_t pid) noexcept;
/// pidfd_send_signal(2) (5.1); signal 0 checks whether the process exists.
Result<void, Errno> pidfd_send_signal(FdRef process, int signal) noexcept;
/// pidfd_getfd(2) (5.6): a copy of that process's descriptor.
Result<Fd, Errno> pidfd_getfd(FdRef process, int number) noexcept;
/// The inode number of a pidfd, which is unique among all processes of this boot (6.9, pidfs);
/// nothing on older kernels, where all pidfds have the same inode.
Result<std::optional<std::uint64_t>, Errno> pidfd_inode(FdRef process) noexcept;
Result<void, Errno> kill(pid_t pid, int signal) noexcept;

// --- waiting (wait(2)) ---

/// How a process exited.
struct ExitStatus {
    bool signalled = false;  ///< killed by a signal
    int value = 0;           ///< the exit status or the signal's number

    /// As a shell reports it: the status, or 128 + signal.
    [[nodiscard]] constexpr int code() const noexcept { return signalled ? 128 + value : value; }
    friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
};

/// Waits until the process exits (poll on the pidfd); false after the timeout in milliseconds. The
/// process need not be a child, and is not reaped.
Result<bool, Errno> wait_for_exit(FdRef process, int timeout_ms) noexcept;
/// Waits until a child exits and reaps it; nothing after the timeout in milliseconds.
Result<std::optional<ExitStatus>, Errno> reap(FdRef child, int timeout_ms) noexcept;

// --- /proc ---

/// From /proc/PID/stat.
struct ProcessStat {
    char state = '?';  ///< 'R', 'S', 'D', 'T', 'Z' (zombie), 'X' (dead), …
    pid_t parent = 0;
    bool exiting = false;          ///< PF_EXITING: it is closing its files, then it is dead
    bool killed = false;           ///< a fatal signal is pending: it exits when it next runs
    std::uint64_t start_time = 0;  ///< in clock ticks since boot

    /// Whether the process has exited.
    [[nodiscard]] bool dead() const noexcept { return state == 'Z' || state == 'X'; }
};

/// Parses /proc/PID/stat, whose second field may contain blanks and parentheses.
std::optional<ProcessStat> parse_process_stat(std::string_view text) noexcept;
/// ESRCH (or ENOENT) if the process does not exist.
Result<ProcessStat, Errno> process_stat(pid_t pid) noexcept;
/// The random ID of this boot, 36 characters.
Result<std::string, Errno> boot_id() noexcept;

// --- attributes ---

Result<int, Errno> prctl(int option, unsigned long a = 0, unsigned long b = 0, unsigned long c = 0,
                         unsigned long d = 0) noexcept;
/// prlimit(2): sets the limit if one is passed; returns the previous one. Pid 0 is this process.
Result<struct ::rlimit, Errno> prlimit(pid_t pid, int resource,
                                       const struct ::rlimit* wanted = nullptr) noexcept;
/// setns(2) with a namespace, or with a pidfd and several CLONE_NEW* (5.8).
Result<void, Errno> setns(FdRef target, int types) noexcept;
Result<void, Errno> unshare(int flags) noexcept;
Result<void, Errno> fchdir(FdRef directory) noexcept;

}  // namespace crux::sys

#include "runtime/sys/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "runtime/base/text.h"
#include "runtime/sys/checked.h"
#include "runtime/sys/file.h"
#include "runtime/sys/poll.h"
#include "runtime/sys/time.h"

namespace crux::sys {

using detail::checked;
using detail::done;
using detail::owned;

Result<pid_t, Errno> clone3(const struct ::clone_args& arguments) noexcept {
    long pid = ::syscall(SYS_clone3, &arguments, sizeof(arguments));
    if (pid < 0) return std::unexpected(Errno{"clone3", errno});
    return static_cast<pid_t>(pid);
}

Result<Pidfd, Errno> pidfd_open(pid_t pid) noexcept {
    return owned<Pidfd>("pidfd_open", [&] { return ::syscall(SYS_pidfd_open, pid, 0); });
}

Result<void, Errno> pidfd_send_signal(FdRef process, int signal) noexcept {
    return done("pidfd_send_signal", [&] {
        return ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0);
    });
}

Result<Fd, Errno> pidfd_getfd(FdRef process, int number) noexcept {
    return owned<Fd>("pidfd_getfd",
                     [&] { return ::syscall(SYS_pidfd_getfd, process.get(), number, 0); });
}

Result<std::optional<std::uint64_t>, Errno> pidfd_inode(FdRef process) noexcept {
    constexpr long kPidfsMagic = 0x50494446;
    struct ::statfs place = TRY(fstatfs(process));
    if (place.f_type != kPidfsMagic) return std::nullopt;
    struct ::stat answer = TRY(fstat(process));
    return answer.st_ino;
}

Result<void, Errno> kill(pid_t pid, int signal) noexcept {
    return done("kill", [&] { return ::kill(pid, signal); });
}

namespace {

ExitStatus exit_status(const siginfo_t& info) {
    return {.signalled = info.si_code != CLD_EXITED, .value = info.si_status};
}

}  // namespace

Result<bool, Errno> wait_for_exit(FdRef process, int timeout_ms) noexcept {
    short events = TRY(poll_one(process, POLLIN, timeout_ms));
    return events != 0;
}

Result<std::optional<ExitStatus>, Errno> reap(FdRef child, int timeout_ms) noexcept {
    constexpr std::uint64_t kNanosPerMilli = 1'000'000;
    constexpr int kPauseMs = 10;
    const std::uint64_t start = monotonic_ns();
    bool ended = TRY(wait_for_exit(child, timeout_ms));
    if (!ended) return std::nullopt;
    for (;;) {
        siginfo_t info = {};
        TRY(done("waitid", [&] {
            return ::waitid(P_PIDFD, static_cast<id_t>(child.get()), &info, WEXITED | WNOHANG);
        }));
        if (info.si_pid != 0) return exit_status(info);
        // A tracer reaps it first (ptrace(2)), of which the pidfd tells nothing.
        if ((monotonic_ns() - start) / kNanosPerMilli >= static_cast<std::uint64_t>(timeout_ms))
            return std::nullopt;
        TRY(poll({}, kPauseMs));
    }
}

std::optional<ProcessStat> parse_process_stat(std::string_view text) noexcept {
    std::size_t name_end = text.rfind(')');
    if (name_end == std::string_view::npos) return std::nullopt;
    // The state is field 3, the parent 4, the kernel's flags 9, the start time 22, the pending
    // signals 31 (proc(5)). The kernel adds SIGKILL to every thread's for any fatal signal.
    std::vector<std::string_view> fields = split(trimmed(text.substr(name_end + 1)), ' ');
    constexpr std::size_t kState = 0;
    constexpr std::size_t kParent = 1;
    constexpr std::size_t kFlags = 6;
    constexpr std::size_t kStartTime = 19;
    constexpr std::size_t kPending = 28;
    // PF_EXITING of the kernel's include/linux/sched.h.
    constexpr unsigned kExiting = 4;
    constexpr std::uint64_t kKill = std::uint64_t{1} << (SIGKILL - 1);
    if (fields.size() <= kPending || fields[kState].size() != 1) return std::nullopt;
    auto parent = to_number<pid_t>(fields[kParent]);
    auto flags = to_number<unsigned>(fields[kFlags]);
    auto start_time = to_number<std::uint64_t>(fields[kStartTime]);
    auto pending = to_number<std::uint64_t>(fields[kPending]);
    if (!parent || !flags || !start_time || !pending) return std::nullopt;
    return ProcessStat{.state = fields[kState][0],
                       .parent = *parent,
                       .exiting = (*flags & kExiting) != 0,
                       .killed = (*pending & kKill) != 0,
                       .start_time = *start_time};
}

Result<ProcessStat, Errno> process_stat(pid_t pid) noexcept {
    std::string path = cat("/proc/", pid, "/stat");
    std::string text = TRY(read_file(path));
    auto stat = parse_process_stat(text);
    if (!stat) return std::unexpected(Errno{"read", EPROTO});
    return *stat;
}

Result<std::string, Errno> boot_id() noexcept {
    std::string text = TRY(read_file("/proc/sys/kernel/random/boot_id"));
    return std::string(trimmed(text));
}

Result<int, Errno> prctl(int option, unsigned long a, unsigned long b, unsigned long c,
                         unsigned long d) noexcept {
    return checked("prctl", [&] { return ::prctl(option, a, b, c, d); });
}

Result<struct ::rlimit, Errno> prlimit(pid_t pid, int resource,
                                       const struct ::rlimit* wanted) noexcept {
    // The system call's struct rlimit64 is struct rlimit on the 64-bit machines that are supported.
    struct ::rlimit before = {};
    TRY(done("prlimit", [&] { return ::syscall(SYS_prlimit64, pid, resource, wanted, &before); }));
    return before;
}

Result<void, Errno> setns(FdRef target, int types) noexcept {
    return done("setns", [&] { return ::setns(target.get(), types); });
}

Result<void, Errno> unshare(int flags) noexcept {
    return done("unshare", [&] { return ::unshare(flags); });
}

Result<void, Errno> fchdir(FdRef directory) noexcept {
    return done("fchdir", [&] { return ::fchdir(directory.get()); });
}

}  // namespace crux::sys

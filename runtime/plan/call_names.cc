#include <asm/unistd.h>

#include <array>

#include "runtime/plan/describe.h"

namespace crux::plan {

namespace {

struct Call {
    std::uint32_t number;
    std::string_view name;
};

/// The calls that init makes.
constexpr auto kCalls = std::array{
    Call{__NR_capget, "capget"},
    Call{__NR_capset, "capset"},
    Call{__NR_chdir, "chdir"},
    Call{__NR_chroot, "chroot"},
    Call{__NR_clock_gettime, "clock_gettime"},
    Call{__NR_clone3, "clone3"},
    Call{__NR_close, "close"},
    Call{__NR_close_range, "close_range"},
    Call{__NR_dup3, "dup3"},
    Call{__NR_execve, "execve"},
    Call{__NR_execveat, "execveat"},
    Call{__NR_exit_group, "exit_group"},
    Call{__NR_faccessat, "faccessat"},
    Call{__NR_faccessat2, "faccessat2"},
    Call{__NR_fchdir, "fchdir"},
    Call{__NR_fchmod, "fchmod"},
    Call{__NR_fchmodat, "fchmodat"},
    Call{__NR_fchown, "fchown"},
    Call{__NR_fchownat, "fchownat"},
    Call{__NR_fcntl, "fcntl"},
    Call{__NR_fsconfig, "fsconfig"},
    Call{__NR_fsmount, "fsmount"},
    Call{__NR_fsopen, "fsopen"},
    Call{__NR_fspick, "fspick"},
    Call{__NR_fstatfs, "fstatfs"},
    Call{__NR_getcwd, "getcwd"},
    Call{__NR_getdents64, "getdents64"},
    Call{__NR_getgroups, "getgroups"},
    Call{__NR_getpid, "getpid"},
    Call{__NR_getppid, "getppid"},
    Call{__NR_getresgid, "getresgid"},
    Call{__NR_getresuid, "getresuid"},
    Call{__NR_ioctl, "ioctl"},
    Call{__NR_ioprio_set, "ioprio_set"},
    Call{__NR_keyctl, "keyctl"},
    Call{__NR_kill, "kill"},
    Call{__NR_landlock_add_rule, "landlock_add_rule"},
    Call{__NR_landlock_create_ruleset, "landlock_create_ruleset"},
    Call{__NR_landlock_restrict_self, "landlock_restrict_self"},
    Call{__NR_mkdirat, "mkdirat"},
    Call{__NR_mknodat, "mknodat"},
    Call{__NR_mmap, "mmap"},
    Call{__NR_mount, "mount"},
    Call{__NR_mount_setattr, "mount_setattr"},
    Call{__NR_move_mount, "move_mount"},
    Call{__NR_munmap, "munmap"},
    Call{__NR_open_tree, "open_tree"},
    Call{__NR_openat, "openat"},
    Call{__NR_openat2, "openat2"},
    Call{__NR_personality, "personality"},
    Call{__NR_pidfd_open, "pidfd_open"},
    Call{__NR_pidfd_send_signal, "pidfd_send_signal"},
    Call{__NR_pipe2, "pipe2"},
    Call{__NR_pivot_root, "pivot_root"},
    Call{__NR_ppoll, "ppoll"},
    Call{__NR_prctl, "prctl"},
    Call{__NR_prlimit64, "prlimit64"},
    Call{__NR_pread64, "pread64"},
    Call{__NR_pwrite64, "pwrite64"},
    Call{__NR_read, "read"},
    Call{__NR_readlinkat, "readlinkat"},
    Call{__NR_recvmsg, "recvmsg"},
    Call{__NR_rt_sigaction, "rt_sigaction"},
    Call{__NR_rt_sigprocmask, "rt_sigprocmask"},
    Call{__NR_sched_setaffinity, "sched_setaffinity"},
    Call{__NR_sched_setattr, "sched_setattr"},
    Call{__NR_seccomp, "seccomp"},
    Call{__NR_sendfile, "sendfile"},
    Call{__NR_sendmsg, "sendmsg"},
    Call{__NR_set_mempolicy, "set_mempolicy"},
    Call{__NR_setdomainname, "setdomainname"},
    Call{__NR_setgid, "setgid"},
    Call{__NR_setgroups, "setgroups"},
    Call{__NR_sethostname, "sethostname"},
    Call{__NR_setns, "setns"},
    Call{__NR_setpgid, "setpgid"},
    Call{__NR_setresgid, "setresgid"},
    Call{__NR_setresuid, "setresuid"},
    Call{__NR_setsid, "setsid"},
    Call{__NR_signalfd4, "signalfd4"},
    Call{__NR_socket, "socket"},
    Call{__NR_splice, "splice"},
    Call{__NR_statx, "statx"},
    Call{__NR_symlinkat, "symlinkat"},
    Call{__NR_umask, "umask"},
    Call{__NR_umount2, "umount2"},
    Call{__NR_unlinkat, "unlinkat"},
    Call{__NR_unshare, "unshare"},
    Call{__NR_wait4, "wait4"},
    Call{__NR_waitid, "waitid"},
    Call{__NR_write, "write"},
};

}  // namespace

std::string_view call_name(std::uint32_t number) {
    for (const Call& call : kCalls)
        if (call.number == number) return call.name;
    return {};
}

}  // namespace crux::plan

#include "tests/faults/errors.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace crux::test {

namespace {

using Errors = std::vector<const char*>;

constexpr const char* kOpens = "a limit of descriptors, no memory, a security module, a disk error";
constexpr const char* kMakes = "a limit of descriptors, no memory";
constexpr const char* kFiltered = "a seccomp filter around crux, or a missing capability";
constexpr const char* kCannot = "has no error for valid arguments";
constexpr const char* kMemory = "no memory";

/// In alphabetical order.
const std::vector<CallErrors> kRows = {
    {"access", {"EACCES", "EIO", "ENOMEM"}, "permissions, a disk error, no memory"},
    {"arch_prctl", {}, kCannot},
    {"bind", {"ENOSPC", "EACCES", "EROFS", "ENOMEM"}, "a full or read-only disk, permissions"},
    {"bpf", {"EPERM", "ENOMEM", "EACCES"}, "no capability, a limit of memory, the verifier"},
    {"brk", {"ENOMEM"}, kMemory},
    {"capget", {"EPERM"}, kFiltered},
    {"capset", {"EPERM"}, kFiltered},
    {"chdir", {"EACCES", "EIO", "ENOMEM"}, "permissions, a disk error, no memory"},
    {"chroot", {"EPERM", "ENOMEM"}, kFiltered},
    {"clock_gettime", {}, kCannot},
    {"clock_nanosleep", {"EINTR"}, "a signal"},
    {"clone", {"EAGAIN", "ENOMEM"}, "a limit of processes, no memory"},
    {"clone3",
     {"EAGAIN", "ENOMEM", "ENOSPC", "EPERM", "ENOSYS"},
     "a limit of processes or namespaces, no memory, a seccomp filter around crux"},
    {"close", {"EIO", "EINTR", "ENOSPC"}, "data that could not be written, a signal"},
    {"close_range", {"EINVAL", "ENOSYS"}, "Linux 5.10, a seccomp filter around crux"},
    {"connect",
     {"EACCES", "ECONNREFUSED", "EAGAIN"},
     "permissions, a listener that is gone or full"},
    {"dup2", {"EMFILE"}, "a limit of descriptors"},
    {"dup3", {"EMFILE", "EBUSY"}, "a limit of descriptors, a race with open"},
    {"epoll_create1", {"EMFILE", "ENFILE", "ENOMEM"}, kMakes},
    {"epoll_ctl", {"ENOMEM", "ENOSPC"}, "no memory, a limit of watches"},
    {"eventfd2", {"EMFILE", "ENFILE", "ENOMEM"}, kMakes},
    {"execve", {"EACCES", "EIO", "ENOMEM", "EAGAIN"}, "a security module, a disk error, no memory"},
    {"execveat", {"EACCES", "EIO", "ENOMEM", "EAGAIN"}, "a security module, no memory"},
    {"exit", {}, kCannot},
    {"exit_group", {}, kCannot},
    {"faccessat", {"EACCES", "EIO", "ENOMEM"}, "permissions, a disk error, no memory"},
    {"faccessat2", {"EACCES", "EIO", "ENOMEM"}, "permissions, a disk error, no memory"},
    {"fchdir", {"EACCES"}, "permissions"},
    {"fchmod", {"EPERM", "EROFS", "EIO"}, "a read-only or failing disk"},
    {"fchmodat", {"EPERM", "EROFS", "EIO"}, "a read-only or failing disk"},
    {"fchown", {"EPERM", "EROFS", "EIO", "EDQUOT"}, "a read-only, failing or full disk"},
    {"fchownat", {"EPERM", "EROFS", "EIO", "EDQUOT"}, "a read-only, failing or full disk"},
    {"fcntl", {"EMFILE", "EACCES"}, "a limit of descriptors, a security module"},
    {"fgetxattr", {"EIO", "ENOMEM"}, "a disk error, no memory"},
    {"flock", {"ENOLCK", "EINTR"}, "no memory, a signal"},
    {"fsconfig",
     {"EPERM", "ENOMEM", "EBUSY", "EIO"},
     "a missing capability, no memory, a disk error"},
    {"fsetxattr", {"ENOSPC", "EPERM", "EIO"}, "a full disk, a security module, a disk error"},
    {"fsmount", {"EMFILE", "ENFILE", "ENOMEM", "EPERM"}, kMakes},
    {"fsopen", {"EMFILE", "ENFILE", "ENOMEM", "EPERM", "ENODEV"}, "limits, a missing filesystem"},
    {"fspick", {"EMFILE", "ENOMEM", "EPERM"}, kMakes},
    {"fstat", {"EIO", "ENOMEM", "EACCES"}, "a disk error, no memory, a security module"},
    {"fstatfs", {"EIO", "ENOMEM", "EACCES"}, "a disk error, no memory, a security module"},
    {"ftruncate", {"EIO", "ENOSPC", "ENOMEM"}, "a failing or full disk"},
    {"futex", {}, "has no error without contention"},
    {"getcwd", {"ENOENT", "ENOMEM"}, "a removed directory, no memory"},
    {"getdents64", {"EIO", "ENOMEM"}, "a disk error, no memory"},
    {"getegid", {}, kCannot},
    {"geteuid", {}, kCannot},
    {"getgid", {}, kCannot},
    {"getgroups", {"EPERM"}, kFiltered},
    {"getpgid", {}, kCannot},
    {"getpid", {}, kCannot},
    {"getppid", {}, kCannot},
    {"getrandom", {}, "is only the allocator's"},
    {"getresgid", {}, kCannot},
    {"getresuid", {}, kCannot},
    {"getsockopt", {"ENOMEM", "ENOPROTOOPT"}, "no memory, an old kernel"},
    {"gettid", {}, kCannot},
    {"getuid", {}, kCannot},
    {"getxattr", {"EIO", "ENOMEM"}, "a disk error, no memory"},
    {"ioctl", {"EIO", "EPERM", "EMFILE"}, "a failing device, a filter, a limit of descriptors"},
    {"ioprio_set", {"EPERM"}, kFiltered},
    {"keyctl", {"EDQUOT", "ENOMEM", "EPERM"}, "a quota of keys, no memory, a filter around crux"},
    {"kill", {"EPERM"}, "a security module"},
    {"landlock_add_rule", {"ENOMEM"}, kMemory},
    {"landlock_create_ruleset", {"EMFILE", "ENOMEM"}, kMakes},
    {"landlock_restrict_self", {"EPERM", "ENOMEM", "E2BIG"}, "too many rulesets, no memory"},
    {"linkat", {"ENOSPC", "EROFS", "EACCES", "EMLINK"}, "a full or read-only disk"},
    {"listen", {"ENOMEM"}, kMemory},
    {"lseek", {"EIO"}, "a disk error"},
    {"lsm_list_modules", {"EPERM", "ENOSYS"}, "a seccomp filter around crux, Linux 6.7"},
    {"madvise", {}, "only advises"},
    {"memfd_create", {"EMFILE", "ENFILE", "ENOMEM", "EACCES"}, "limits, vm.memfd_noexec"},
    {"mkdirat",
     {"ENOSPC", "EROFS", "EACCES", "ENOMEM", "EAGAIN", "EDQUOT"},
     "a full or read-only disk, permissions, a limit of cgroups"},
    {"mknodat", {"ENOSPC", "EROFS", "EPERM", "EDQUOT"}, "a full or read-only disk, a filter"},
    {"mmap", {"ENOMEM"}, kMemory},
    {"mount", {"EPERM", "ENOMEM", "ENOSPC", "EBUSY"}, "a filter, no memory, a limit of mounts"},
    {"mount_setattr", {"EPERM", "ENOMEM", "EBUSY"}, "a filter, no memory, an open file"},
    {"move_mount",
     {"EPERM", "ENOMEM", "ENOSPC", "EBUSY"},
     "a filter, no memory, a limit of mounts"},
    {"mprotect", {"ENOMEM"}, kMemory},
    {"munmap", {"ENOMEM"}, "a limit of mappings"},
    {"nanosleep", {"EINTR"}, "a signal"},
    {"newfstatat", {"EIO", "ENOMEM", "EACCES"}, "a disk error, no memory, a security module"},
    {"open_tree", {"EMFILE", "ENFILE", "ENOMEM", "EPERM", "ENOSPC"}, "limits, a filter"},
    {"openat", {"EMFILE", "ENFILE", "ENOMEM", "EACCES", "EIO", "EINTR"}, kOpens},
    {"openat2", {"EMFILE", "ENFILE", "ENOMEM", "EACCES", "EIO", "EAGAIN"}, kOpens},
    {"personality", {"EPERM"}, kFiltered},
    {"pidfd_getfd", {"EPERM", "EMFILE", "ESRCH"}, "a security module, a process that has ended"},
    {"pidfd_open", {"EMFILE", "ENFILE", "ENOMEM"}, kMakes},
    {"pidfd_send_signal", {"EPERM", "ENOMEM"}, "a security module, no memory"},
    {"pipe2", {"EMFILE", "ENFILE", "ENOMEM"}, kMakes},
    {"pivot_root", {"EPERM", "EBUSY", "EINVAL"}, "a filter, a root that is no mount or is shared"},
    {"poll", {"EINTR"}, "a signal; memory is needed only for many files"},
    {"ppoll", {"EINTR"}, "a signal; memory is needed only for many files"},
    {"prctl", {"EPERM"}, kFiltered},
    {"pread64", {"EIO", "EINTR", "ENOMEM"}, "a disk error, a signal, no memory"},
    {"prlimit64", {"EPERM"}, "a missing capability"},
    {"read", {"EIO", "EINTR", "ENOMEM"}, "a disk error, a signal, no memory"},
    {"readlink", {"EIO", "ENOMEM", "EACCES"}, "a disk error, no memory, a security module"},
    {"readlinkat", {"EIO", "ENOMEM", "EACCES"}, "a disk error, no memory, a security module"},
    {"recvmsg", {"EINTR", "ENOMEM", "ECONNRESET"}, "a signal, no memory, a peer that has ended"},
    {"renameat2", {"ENOSPC", "EROFS", "EIO", "EDQUOT"}, "a full, read-only or failing disk"},
    {"rseq", {}, kCannot},
    {"rt_sigaction", {}, kCannot},
    {"rt_sigprocmask", {}, kCannot},
    {"rt_sigreturn", {}, kCannot},
    {"sched_getaffinity", {"EPERM"}, kFiltered},
    {"sched_setaffinity", {"EPERM", "EINVAL"}, "a cpuset that has changed"},
    {"sched_setattr", {"EPERM", "EBUSY"}, "a missing capability, no bandwidth"},
    {"seccomp", {"EACCES", "ENOMEM", "EPERM"}, "no memory, a filter around crux"},
    {"sendfile", {"EIO", "ENOMEM", "ENOSPC"}, "a failing or full disk"},
    {"sendmsg", {"EPIPE", "EINTR", "ENOBUFS", "ECONNRESET"}, "a peer that has ended, no memory"},
    {"sendto", {"EPIPE", "EINTR", "ENOBUFS", "ECONNRESET"}, "a peer that has ended, no memory"},
    {"set_mempolicy", {"ENOMEM", "EPERM"}, "no memory, a filter around crux"},
    {"set_robust_list", {}, kCannot},
    {"set_tid_address", {}, kCannot},
    {"setdomainname", {"EPERM"}, kFiltered},
    {"setgid", {"EPERM"}, kFiltered},
    {"setgroups", {"EPERM", "ENOMEM"}, "a filter around crux, no memory"},
    {"sethostname", {"EPERM"}, kFiltered},
    {"setns", {"EPERM", "ENOMEM"}, "a filter around crux, no memory"},
    {"setpgid", {"EPERM", "EACCES"}, "a filter around crux, a child that has executed its program"},
    {"setresgid", {"EPERM"}, kFiltered},
    {"setresuid", {"EPERM", "EAGAIN"}, "a filter around crux, no memory for the user"},
    {"setsid", {"EPERM"}, "a leader of a process group"},
    {"setsockopt", {"ENOMEM", "ENOBUFS"}, kMemory},
    {"setuid", {"EPERM", "EAGAIN"}, "a filter around crux, no memory for the user"},
    {"shutdown", {"ENOTCONN"}, "a peer that has ended"},
    {"signalfd4", {"EMFILE", "ENFILE", "ENOMEM"}, kMakes},
    {"socket", {"EMFILE", "ENFILE", "ENOMEM", "EACCES"}, "limits, a security module"},
    {"socketpair", {"EMFILE", "ENFILE", "ENOMEM"}, kMakes},
    {"statfs", {"EIO", "ENOMEM", "EACCES"}, "a disk error, no memory, a security module"},
    {"statx", {"EIO", "ENOMEM", "EACCES"}, "a disk error, no memory, a security module"},
    {"symlinkat", {"ENOSPC", "EROFS", "EACCES", "EDQUOT"}, "a full or read-only disk"},
    {"tgkill", {}, kCannot},
    {"umask", {}, kCannot},
    {"umount2", {"EPERM", "EBUSY", "ENOMEM"}, "a filter, a mount in use, no memory"},
    {"uname", {}, kCannot},
    {"unlinkat", {"EROFS", "EIO", "EACCES", "EBUSY"}, "a read-only or failing disk, a mount on it"},
    {"unshare", {"EPERM", "ENOMEM", "ENOSPC"}, "a filter, no memory, a limit of namespaces"},
    {"utimensat", {"EPERM", "EROFS", "EIO"}, "a read-only or failing disk"},
    {"vfork", {"EAGAIN", "ENOMEM"}, "a limit of processes, no memory"},
    {"wait4", {"EINTR", "ECHILD"}, "a signal, a caller that ignores SIGCHLD"},
    {"waitid", {"EINTR", "ECHILD"}, "a signal, a caller that ignores SIGCHLD"},
    {"write",
     {"ENOSPC", "EIO", "EINTR", "EPERM", "ENODEV"},
     "a full or failing disk, a lost cgroup"},
};

/// Only those of the table above.
const std::vector<std::pair<const char*, int>> kNumbers = {
    {"E2BIG", E2BIG},
    {"EACCES", EACCES},
    {"EAGAIN", EAGAIN},
    {"EBUSY", EBUSY},
    {"ECHILD", ECHILD},
    {"ECONNREFUSED", ECONNREFUSED},
    {"ECONNRESET", ECONNRESET},
    {"EDQUOT", EDQUOT},
    {"EINTR", EINTR},
    {"EINVAL", EINVAL},
    {"EIO", EIO},
    {"EMFILE", EMFILE},
    {"EMLINK", EMLINK},
    {"ENFILE", ENFILE},
    {"ENOBUFS", ENOBUFS},
    {"ENODEV", ENODEV},
    {"ENOENT", ENOENT},
    {"ENOLCK", ENOLCK},
    {"ENOMEM", ENOMEM},
    {"ENOPROTOOPT", ENOPROTOOPT},
    {"ENOSPC", ENOSPC},
    {"ENOSYS", ENOSYS},
    {"ENOTCONN", ENOTCONN},
    {"EPERM", EPERM},
    {"EPIPE", EPIPE},
    {"EROFS", EROFS},
    {"ESRCH", ESRCH},
};

}  // namespace

const std::vector<CallErrors>& call_errors() {
    return kRows;
}

const CallErrors* errors_of(const std::string& call) {
    const auto row =
        std::ranges::find_if(kRows, [&](const CallErrors& each) { return call == each.call; });
    return row == kRows.end() ? nullptr : &*row;
}

int errno_number(const std::string& name) {
    for (const auto& [known, number] : kNumbers)
        if (name == known) return number;
    throw std::runtime_error(name + " has no number");
}

std::string errno_text(const std::string& name) {
    std::string text = std::strerror(errno_number(name));
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
    return text;
}

}  // namespace crux::test

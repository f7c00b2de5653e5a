// Seccomp profiles in the shapes that are in use: defaults of engines of each year, lists of denied
// calls, lists that a recorder made. A container of crux starts with each of them, as with runc.

#include <cerrno>
#include <cstdint>
#include <filesystem>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"
#include "tests/support/host_snapshot.h"
#include "tests/system/calls.h"

namespace crux::test {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

/// What the default of an engine of 2015 allowed, more or less: calls of Linux 3.19 and older.
const Names kOldest = {"accept",
                       "accept4",
                       "access",
                       "alarm",
                       "arch_prctl",
                       "bind",
                       "brk",
                       "capget",
                       "capset",
                       "chdir",
                       "chmod",
                       "chown",
                       "clock_getres",
                       "clock_gettime",
                       "clock_nanosleep",
                       "clone",
                       "close",
                       "connect",
                       "creat",
                       "dup",
                       "dup2",
                       "dup3",
                       "epoll_create1",
                       "epoll_ctl",
                       "epoll_pwait",
                       "epoll_wait",
                       "eventfd2",
                       "execve",
                       "exit",
                       "exit_group",
                       "faccessat",
                       "fallocate",
                       "fchdir",
                       "fchmod",
                       "fchmodat",
                       "fchown",
                       "fchownat",
                       "fcntl",
                       "fdatasync",
                       "fgetxattr",
                       "flock",
                       "fork",
                       "fstat",
                       "fstatfs",
                       "fsync",
                       "ftruncate",
                       "futex",
                       "getcwd",
                       "getdents",
                       "getdents64",
                       "getegid",
                       "geteuid",
                       "getgid",
                       "getgroups",
                       "getitimer",
                       "getpeername",
                       "getpgid",
                       "getpgrp",
                       "getpid",
                       "getppid",
                       "getpriority",
                       "getresgid",
                       "getresuid",
                       "getrlimit",
                       "getrusage",
                       "getsid",
                       "getsockname",
                       "getsockopt",
                       "gettid",
                       "gettimeofday",
                       "getuid",
                       "getxattr",
                       "inotify_init1",
                       "ioctl",
                       "kill",
                       "lchown",
                       "link",
                       "linkat",
                       "listen",
                       "lseek",
                       "lstat",
                       "madvise",
                       "mincore",
                       "mkdir",
                       "mkdirat",
                       "mknod",
                       "mknodat",
                       "mlock",
                       "mmap",
                       "mprotect",
                       "mremap",
                       "msync",
                       "munmap",
                       "nanosleep",
                       "newfstatat",
                       "open",
                       "openat",
                       "pause",
                       "pipe",
                       "pipe2",
                       "poll",
                       "ppoll",
                       "prctl",
                       "pread64",
                       "prlimit64",
                       "pselect6",
                       "pwrite64",
                       "read",
                       "readlink",
                       "readlinkat",
                       "readv",
                       "recvfrom",
                       "recvmsg",
                       "rename",
                       "renameat",
                       "restart_syscall",
                       "rmdir",
                       "rt_sigaction",
                       "rt_sigpending",
                       "rt_sigprocmask",
                       "rt_sigqueueinfo",
                       "rt_sigreturn",
                       "rt_sigsuspend",
                       "rt_sigtimedwait",
                       "sched_getaffinity",
                       "sched_yield",
                       "select",
                       "sendfile",
                       "sendmsg",
                       "sendto",
                       "set_robust_list",
                       "set_tid_address",
                       "setgid",
                       "setgroups",
                       "setitimer",
                       "setpgid",
                       "setpriority",
                       "setregid",
                       "setresgid",
                       "setresuid",
                       "setreuid",
                       "setrlimit",
                       "setsid",
                       "setsockopt",
                       "setuid",
                       "shutdown",
                       "sigaltstack",
                       "signalfd4",
                       "socket",
                       "socketpair",
                       "stat",
                       "statfs",
                       "symlink",
                       "symlinkat",
                       "sync",
                       "sysinfo",
                       "tgkill",
                       "time",
                       "timer_create",
                       "timerfd_create",
                       "truncate",
                       "umask",
                       "uname",
                       "unlink",
                       "unlinkat",
                       "utime",
                       "utimensat",
                       "vfork",
                       "wait4",
                       "waitid",
                       "write",
                       "writev"};

/// What the defaults of later years allowed in addition.
const std::vector<Names> kLater = {
    {"copy_file_range", "execveat", "getrandom", "memfd_create", "mlock2", "preadv2", "pwritev2",
     "renameat2", "seccomp"},
    {"io_pgetevents", "pkey_alloc", "pkey_free", "pkey_mprotect", "rseq", "statx"},
    {"clone3", "close_range", "faccessat2", "openat2", "pidfd_getfd", "pidfd_open",
     "pidfd_send_signal"},
    {"epoll_pwait2", "futex_waitv", "landlock_create_ruleset", "memfd_secret", "process_mrelease"},
    {"cachestat", "fchmodat2", "futex_wait", "futex_wake", "map_shadow_stack"},
    // Of no kernel: from a profile that is newer than crux.
    {"openat9", "reticulate_splines"}};

struct Profile {
    std::string name;
    json content;
};

json allow(const Names& names) {
    return {{"names", names}, {"action", "SCMP_ACT_ALLOW"}};
}

/// The default of a year, by what happens to the calls that it does not list.
void add_defaults(const std::string& year, const Names& names, std::vector<Profile>& out) {
    const struct {
        const char* name;
        json head;
    } denials[] = {
        {"EPERM", {{"defaultAction", "SCMP_ACT_ERRNO"}}},
        {"ENOSYS", {{"defaultAction", "SCMP_ACT_ERRNO"}, {"defaultErrnoRet", ENOSYS}}},
        {"kill", {{"defaultAction", "SCMP_ACT_KILL_PROCESS"}}},
        {"trap", {{"defaultAction", "SCMP_ACT_TRAP"}}},
    };
    for (const auto& denial : denials) {
        json content = denial.head;
        content["syscalls"] = json::array({allow(names)});
        out.push_back({year + ", " + denial.name, content});
    }
}

/// The same default in other forms.
void add_forms(const std::string& year, const Names& names, std::vector<Profile>& out) {
    json each = {{"defaultAction", "SCMP_ACT_ERRNO"}, {"syscalls", json::array()}};
    for (const std::string& name : names) each["syscalls"].push_back(allow({name}));
    out.push_back({year + ", a rule for each call", each});

    json with_arguments = {{"defaultAction", "SCMP_ACT_ERRNO"},
                           {"syscalls", json::array({allow(names)})}};
    for (const std::uint32_t value : {0x0U, 0x8U, 0x20000U, 0xffffffffU})
        with_arguments["syscalls"].push_back(
            {{"names", {"personality"}},
             {"action", "SCMP_ACT_ALLOW"},
             {"args", {{{"index", 0}, {"value", value}, {"op", "SCMP_CMP_EQ"}}}}});
    with_arguments["syscalls"].push_back(
        {{"names", {"unshare"}},
         {"action", "SCMP_ACT_ALLOW"},
         {"args",
          {{{"index", 0}, {"value", 0x7e020000}, {"valueTwo", 0}, {"op", "SCMP_CMP_MASKED_EQ"}}}}});
    out.push_back({year + ", with arguments", with_arguments});

#if defined(__x86_64__)
    json architectures = {{"defaultAction", "SCMP_ACT_ERRNO"},
                          {"architectures", {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"}},
                          {"syscalls", json::array({allow(names)})}};
    out.push_back({year + ", with three architectures", architectures});
#endif
}

std::vector<Profile> profiles() {
    std::vector<Profile> out;
    Names names = kOldest;
    int year = 2015;
    add_defaults(std::to_string(year), names, out);
    add_forms(std::to_string(year), names, out);
    for (const Names& later : kLater) {
        names.insert(names.end(), later.begin(), later.end());
        year += 2;
        add_defaults(std::to_string(year), names, out);
        add_forms(std::to_string(year), names, out);
    }
    // What a recorder writes that has watched the program, and runc when it started it.
    const Names recorded = {"capset", "execve", "exit_group", "futex", "prctl", "write"};
    add_defaults("recorded", recorded, out);
    // What a sandbox of a single program denies.
    const Names denied = {
        "add_key",         "bpf",        "keyctl", "kexec_load", "mount", "open_by_handle_at",
        "perf_event_open", "pivot_root", "ptrace", "reboot",     "setns", "swapon",
        "umount2",         "unshare"};
    for (const char* action : {"SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_TRAP", "SCMP_ACT_LOG"})
        out.push_back({std::string("denied with ") + action,
                       {{"defaultAction", "SCMP_ACT_ALLOW"},
                        {"syscalls", {{{"names", denied}, {"action", action}}}}}});
    return out;
}

/// How the program ended under this runtime; empty for crux.
Outcome outcome_of(Bundle& bundle, const std::string& runtime) {
    Container container(bundle);
    container.program = runtime;
    return container.run();
}

TEST_CASE("a container starts with each of more than forty kinds of profiles") {
    need_root();
    const Unchanged host;
    const std::vector<Profile> all = profiles();
    REQUIRE(all.size() > 40);
    for (const Profile& profile : all)
        for (const bool no_new_privileges : {true, false}) {
            INFO(profile.name << ", noNewPrivileges " << no_new_privileges);
            Calls bundle(profile.content);
            bundle.set("/process/noNewPrivileges", no_new_privileges);
            const Outcome outcome = outcome_of(bundle, "");
            INFO(outcome.describe());
            CHECK(outcome.status == 0);
        }
}

TEST_CASE("a container starts with each profile with which one of runc starts") {
    need_root();
    const std::string runc = "/usr/sbin/runc";
    if (!std::filesystem::exists(runc)) skip("needs runc");
    const Unchanged host;
    int started = 0;
    for (const Profile& profile : profiles()) {
        INFO(profile.name);
        Calls bundle(profile.content);
        // The peers of Debian 12 do not know a later one.
        bundle.set("/ociVersion", "1.0.2").set("/process/noNewPrivileges", false);
        if (!outcome_of(bundle, runc).ok()) continue;
        ++started;
        const Outcome outcome = outcome_of(bundle, "");
        INFO(outcome.describe());
        CHECK(outcome.ok());
    }
    CHECK(started > 20);
}

}  // namespace
}  // namespace crux::test

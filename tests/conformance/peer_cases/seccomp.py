"""The seccomp profile."""

import ctypes
import os
import pathlib
import resource
import shutil
import socket

from peer_cases.bundle import Skip, case, eventually
from peer_cases.loaded_filter import AUDIT_ARCH_X86_64, FLAG_LOG, loaded_filter, loaded_flags, steps


@case("errnoRet with an action that takes none is refused")
def _(b):
    return b.put({"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["mkdir"], "action": "SCMP_ACT_ALLOW", "errnoRet": 1}]}}}).refused()


@case("defaultErrnoRet with an action that takes none is refused")
def _(b):
    return b.put({"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "defaultErrnoRet": 1}}}).refused()


@case("seccomp: a call newer than the profile gets ENOSYS")
def _(b):
    calls = pathlib.Path(b.crux).parent / "crux-test-calls"
    if os.uname().machine != "x86_64" or not calls.exists():
        raise Skip("x86_64 and crux-test-calls next to crux")
    shutil.copy(calls, b.rootfs / "calls")
    names = ["read", "write", "exit", "exit_group", "execve", "close", "brk", "mmap", "getcwd", "chdir", "futex",
             "openat", "fstat", "newfstatat", "prctl", "capset", "setuid", "setgid", "setgroups", "rt_sigaction",
             "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "nanosleep", "clone", "epoll_pwait", "getdents64",
             "fcntl", "getppid", "gettid", "getpid", "tgkill", "sched_yield", "munmap", "madvise", "fchdir",
             "capget", "statfs", "fstatfs", "readlinkat", "lseek", "faccessat", "faccessat2", "access", "open",
             "pread64", "sendmsg", "recvmsg", "close_range", "poll", "ppoll", "setresuid", "setresgid", "seccomp"]
    b.put({"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1,
                                 "architectures": ["SCMP_ARCH_X86_64"],
                                 "syscalls": [{"names": names, "action": "SCMP_ACT_ALLOW"}]}}})
    b.config["process"]["args"] = ["/calls", "n:999"]
    return b.prints("-38")


@case("seccomp: a flag that the kernel does not support is refused")
def _(b):
    if tuple(map(int, os.uname().release.split(".")[:2])) >= (5, 19):
        raise Skip("a kernel before 5.19")
    b.put({"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": str(b.work / "listener"),
                                 "flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"],
                                 "syscalls": [{"names": ["chroot"], "action": "SCMP_ACT_NOTIFY"}]}}})
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(b.work / "listener"))
        server.listen()
        return b.refused()


def sleeping(b):
    """The process of a started container that sleeps; its filter is loaded."""
    b.config["process"]["args"] = ["/bin/sleep", "30"]
    if b.call("create")[0] != 0 or b.call("start")[0] != 0:
        raise ValueError("it does not start")
    pid = b.pid()
    eventually(lambda: pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="utf-8") == "sleep\n")
    return pid


def libseccomp():
    try:
        return ctypes.CDLL("libseccomp.so.2")
    except OSError as fault:
        raise Skip("libseccomp.so.2") from fault


def x86_64_calls():
    """The names of the system calls, by their numbers."""
    if os.uname().machine != "x86_64":
        raise Skip("x86_64")
    library = libseccomp()
    library.seccomp_syscall_resolve_num_arch.restype = ctypes.c_char_p
    names = {number: library.seccomp_syscall_resolve_num_arch(AUDIT_ARCH_X86_64, number) for number in range(334)}
    return {number: name.decode() for number, name in names.items() if name}


@case("seccomp: a flag that goes with a listener alone takes no other flag away")
def _(b):
    b.put({"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW",
                                 "flags": ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"],
                                 "syscalls": [{"names": ["chroot"], "action": "SCMP_ACT_ERRNO"}]}}})
    return b.refused() or loaded_flags(sleeping(b)) == FLAG_LOG


@case("seccomp: no call passes through hundreds of instructions of a long profile")
def _(b):
    calls = x86_64_calls()
    # What no simple program needs is refused, so that the others are no single range.
    refused = {"ptrace", "syslog", "personality", "ustat", "sysfs", "vhangup", "modify_ldt", "pivot_root", "acct",
               "mount", "umount2", "swapon", "swapoff", "reboot", "sethostname", "iopl", "ioperm", "init_module",
               "delete_module", "quotactl", "kexec_load", "add_key", "request_key", "keyctl", "migrate_pages",
               "unshare", "move_pages", "perf_event_open", "fanotify_init", "name_to_handle_at", "setns", "kcmp",
               "finit_module", "bpf", "userfaultfd"}
    names = [name for name in calls.values() if name not in refused]
    b.put({"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"],
                                 "syscalls": [{"names": names, "action": "SCMP_ACT_ALLOW"}]}}})
    program = loaded_filter(sleeping(b))
    return max(steps(program, number) for number in calls) <= 64


@case("seccomp: a profile that was compiled once is not compiled again")
def _(b):
    # Names, known ones and others, are what takes every compiler long.
    names = list(x86_64_calls().values()) + [f"call_of_tomorrow_{number}" for number in range(6000)]

    def seconds():
        """Of processor time that a run takes."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        if b.run()[0] != 0:
            raise ValueError("it does not run")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    first, second = [], []
    for errno in range(1, 8):
        b.config["linux"]["seccomp"] = {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": errno,
                                        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
                                        "syscalls": [{"names": names, "action": "SCMP_ACT_ALLOW"}]}
        first.append(seconds())
        second.append(seconds())
    return min(second) < 0.85 * min(first)


@case("seccomp: an architecture of the specification that libseccomp knows is taken")
def _(b):
    # Of those that go with x86_64's byte order, libseccomp 2.6 knows it first.
    if os.uname().machine != "x86_64" or libseccomp().seccomp_arch_resolve_name(b"sh") == 0:
        raise Skip("x86_64 and libseccomp 2.6")
    return b.put({"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW",
                                        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_SH"]}}}).run()[0] == 0

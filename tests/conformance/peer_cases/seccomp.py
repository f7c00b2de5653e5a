"""The seccomp profile."""

import os
import pathlib
import shutil
import socket

from peer_cases.bundle import Skip, case


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
        raise Skip("x86_64 and crux-test-calls beside crux")
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


@case("seccomp: a flag that the kernel lacks is refused")
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

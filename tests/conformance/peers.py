#!/usr/bin/env python3
"""Runs cases in which a container runtime deviates from the specification, on any runtime that has runc's
command line, and prints a line for each: whether the runtime does what the specification (or docs/config.md,
where that says more) says.

usage: peers.py CRUX [RUNTIME…]     for example: peers.py build/debug/crux runc crun
       peers.py --list

Needs root and busybox-static. The exit code is 1 where CRUX, the first, fails a case.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time

import examples

CASES = []

# crun refuses hosts with controllers on both sides: it is shown the first version alone.
WITHOUT_UNIFIED = ["unshare", "-m", "sh", "-c", 'umount /sys/fs/cgroup/unified && exec "$@"', "sh"]


def case(title):
    def register(function):
        CASES.append((title, function))
        return function
    return register


class Skip(Exception):
    pass


class Bundle:
    """A bundle for one runtime, with the config of `crux spec` to begin with."""

    def __init__(self, runtime, crux, folder):
        self.runtime, self.work = runtime, pathlib.Path(folder)
        self.path, self.state = self.work / "bundle", self.work / "state"
        self.rootfs = self.path / "rootfs"
        self.name = f"crux-test-{os.getpid()}-peer"
        self.path.mkdir()
        os.chmod(folder, 0o755)
        examples.make_root(self.rootfs)
        self.crux = crux
        subprocess.run([crux, "spec", "--bundle", self.path], check=True)
        self.config = json.loads((self.path / "config.json").read_text())
        self.config["process"]["terminal"] = False
        self.config["ociVersion"] = "1.0.2"
        self.script("true")

    def put(self, patch):
        self.config = examples.put_over(self.config, patch)
        return self

    def script(self, text):
        self.config["process"]["args"] = ["/bin/sh", "-c", text]
        return self

    def call(self, *words, umask=None, behind=()):
        """Exit code, and all that was printed; `behind` is what stands behind the container's name."""
        if words[0] in ("run", "create"):
            (self.path / "config.json").write_text(json.dumps(self.config))
        # No stream is the host's null device: a peer gives its streams to the container's user.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run([*self.runtime, "--root", self.state, *words, self.name, *behind], cwd=self.path,
                                  input="", text=True, stdout=output, stderr=subprocess.STDOUT, timeout=20,
                                  check=False, **({} if umask is None else {"umask": umask}))
            output.seek(0)
            return done.returncode, output.read()

    def run(self, **options):
        return self.call("run", **options)

    def prints(self, text):
        code, output = self.run()
        return code == 0 and output.strip() == text

    def refused(self):
        return self.run()[0] != 0

    def status(self):
        """The container's status; "" where there is no container any more."""
        code, output = self.call("state")
        return json.loads(output)["status"] if code == 0 else ""

    def reaches(self, status):
        return eventually(lambda: self.status() == status)

    def pid(self):
        return json.loads(self.call("state")[1])["pid"]

    def clean(self):
        subprocess.run([*self.runtime, "--root", self.state, "delete", "--force", self.name], timeout=20,
                       capture_output=True, check=False)


def eventually(condition, seconds=5):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def mounted(bundle, point, *words):
    """Whether the program's mountinfo has all the words in the line of the mount point."""
    bundle.script(f"grep ' {point} ' /proc/self/mountinfo")
    code, output = bundle.run()
    return code == 0 and all(word in output for word in words)


@case("ociVersion of another major version is refused")
def _(b):
    return b.put({"ociVersion": "2.0.0"}).refused()


@case("a config without process can be created")
def _(b):
    del b.config["process"]
    return b.call("create")[0] == 0


@case("a resource limit given twice is refused")
def _(b):
    one = {"type": "RLIMIT_NOFILE", "soft": 1000, "hard": 1024}
    b.config["process"]["rlimits"] = [one, dict(one, soft=1001)]
    return b.refused()


@case("without user.umask the caller's umask stays")
def _(b):
    code, output = b.script("umask").run(umask=0o27)
    return code == 0 and output.strip() == "0027"


@case("an unknown capability is a warning")
def _(b):
    b.config["process"]["capabilities"]["bounding"].append("CAP_MOON")
    return b.run()[0] == 0


@case("ioPriority is set")
def _(b):
    b.config["process"]["args"] = ["ionice", "-p", "1"]
    return b.put({"process": {"ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 6}}}).prints("best-effort: prio 6")


@case("scheduler is applied")
def _(b):
    b.script("read line < /proc/self/stat; set -- $line; echo ${41}")
    return b.put({"process": {"scheduler": {"policy": "SCHED_BATCH"}}}).prints("3")


@case("a scheduler that the kernel lacks is refused")
def _(b):
    return b.put({"process": {"scheduler": {"policy": "SCHED_ISO"}}}).refused()


@case("another device at a device's path is refused")
def _(b):
    os.mknod(b.rootfs / "node", 0o20666, os.makedev(1, 3))
    return b.put({"linux": {"devices": [{"type": "c", "path": "/node", "major": 1, "minor": 5}]}}).refused()


@case("the same device at a device's path is taken")
def _(b):
    os.mknod(b.rootfs / "node", 0o20666, os.makedev(1, 3))
    return b.put({"linux": {"devices": [{"type": "c", "path": "/node", "major": 1, "minor": 3}]}}).run()[0] == 0


@case("a device may lie outside of /dev")
def _(b):
    (b.rootfs / "srv").mkdir()
    b.put({"linux": {"devices": [{"type": "c", "path": "/srv/null", "major": 1, "minor": 3}]}})
    return b.script("stat -c %F /srv/null").prints("character special file")


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


@case("personality flags are refused")
def _(b):
    return b.put({"linux": {"personality": {"domain": "LINUX", "flags": ["ADDR_NO_RANDOMIZE"]}}}).refused()


def tmpfs(b, *options):
    (b.rootfs / "mnt").mkdir()
    return b.put({"mounts": [{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": list(options)}]})


def bind(b, *options, **more):
    (b.rootfs / "mnt").mkdir()
    (b.path / "data").mkdir(exist_ok=True)
    return b.put({"mounts": [dict({"destination": "/mnt", "type": "none", "source": str(b.path / "data"),
                                   "options": list(options)}, **more)]})


for _option in ("nosymfollow", "sync", "dirsync", "lazytime", "noatime"):
    @case(f"option {_option} is set on a new file system")
    def _(b, option=_option):
        return mounted(tmpfs(b, option), "/mnt", option)


@case("option nosymfollow is set on a bind mount")
def _(b):
    return mounted(bind(b, "bind", "nosymfollow"), "/mnt", "nosymfollow")


@case("option rnosymfollow reaches the mounts below")
def _(b):
    (b.path / "data/inner").mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", b.path / "data/inner"], check=True)
    try:
        return mounted(bind(b, "rbind", "rnosymfollow"), "/mnt/inner", "nosymfollow")
    finally:
        subprocess.run(["umount", b.path / "data/inner"], check=True)


@case("option rro reaches the mounts below")
def _(b):
    (b.path / "data/inner").mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", b.path / "data/inner"], check=True)
    try:
        return mounted(bind(b, "rbind", "rro"), "/mnt/inner", " ro,")
    finally:
        subprocess.run(["umount", b.path / "data/inner"], check=True)


@case("option exec clears noexec of a bind's source")
def _(b):
    (b.path / "data").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "noexec", "tmpfs", b.path / "data"], check=True)
    try:
        return mounted(bind(b, "bind", "exec"), "/mnt", " /mnt ") and "noexec" not in b.run()[1]
    finally:
        subprocess.run(["umount", b.path / "data"], check=True)


@case("propagation is applied")
def _(b):
    return mounted(bind(b, "bind", "shared"), "/mnt", "shared:")


@case("data on a bind mount is refused")
def _(b):
    return bind(b, "bind", "size=1m").refused()


MAPS = [{"containerID": 0, "hostID": 1000, "size": 1}]


@case("a bind mount is id-mapped by mappings of its own")
def _(b):
    bind(b, "bind", "idmap", uidMappings=MAPS, gidMappings=MAPS)
    return b.script("stat -c %u /mnt").prints("1000")


@case("ridmap reaches the mounts below")
def _(b):
    (b.path / "data/inner").mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", b.path / "data/inner"], check=True)
    try:
        bind(b, "rbind", "ridmap", uidMappings=MAPS, gidMappings=MAPS)
        return b.script("stat -c %u /mnt/inner").prints("1000")
    finally:
        subprocess.run(["umount", b.path / "data/inner"], check=True)


@case("a new file system is id-mapped")
def _(b):
    tmpfs(b, "idmap", "mode=755")
    b.config["mounts"][-1].update(uidMappings=MAPS, gidMappings=MAPS)
    return b.script("stat -c %u /mnt").prints("1000")


@case("idmap without any mapping is refused")
def _(b):
    return bind(b, "bind", "idmap").refused()


@case("tmpcopyup copies what is below")
def _(b):
    tmpfs(b, "tmpcopyup")
    (b.rootfs / "mnt/file").write_text("text\n")
    return b.script("cat /mnt/file").prints("text")


@case("selinuxLabel is refused without SELinux")
def _(b):
    if pathlib.Path("/sys/fs/selinux/enforce").exists():
        raise Skip("a host without SELinux")
    return b.put({"process": {"selinuxLabel": "a:b:c:d"}}).refused()


@case("mountLabel is refused without SELinux")
def _(b):
    if pathlib.Path("/sys/fs/selinux/enforce").exists():
        raise Skip("a host without SELinux")
    return b.put({"linux": {"mountLabel": "a:b:c:d"}}).refused()


def hook(command):
    return {"path": "/bin/sh", "args": ["sh", "-c", command]}


@case("hooks of create read the status creating")
def _(b):
    b.put({"hooks": {"createRuntime": [hook(f"cat > {b.path}/state.json")]}})
    return b.call("create")[0] == 0 and json.loads((b.path / "state.json").read_text())["status"] == "creating"


@case("createContainer hooks read the pid as the container has it")
def _(b):
    b.put({"hooks": {"createContainer": [hook(f"cat > {b.path}/state.json")]}})
    return b.call("create")[0] == 0 and json.loads((b.path / "state.json").read_text())["pid"] == 1


@case("poststart hooks do not run in create")
def _(b):
    b.put({"hooks": {"poststart": [hook(f"touch {b.path}/ran")]}}).script("sleep 5")
    created = b.call("create")[0] == 0 and not (b.path / "ran").exists()
    return created and b.call("start")[0] == 0 and (b.path / "ran").exists()


@case("a failing poststop hook stops neither the others nor delete")
def _(b):
    b.put({"hooks": {"poststop": [hook("exit 1"), hook(f"touch {b.path}/ran")]}})
    b.call("create")
    return b.call("delete", "--force")[0] == 0 and (b.path / "ran").exists()


@case("a hook past its time is killed with what it started")
def _(b):
    command = f"(sleep 2; touch {b.path}/ran) & sleep 5"
    b.put({"hooks": {"createRuntime": [dict(hook(command), timeout=1)]}})
    refused = b.refused()
    subprocess.run(["sleep", "2"], check=True)
    return refused and not (b.path / "ran").exists()


@case("a namespace type given twice is refused")
def _(b):
    b.config["linux"]["namespaces"].append({"type": "pid"})
    return b.refused()


@case("hostname is set in a UTS namespace that is joined")
def _(b):
    with subprocess.Popen(["unshare", "-u", "sleep", "30"]) as other:
        try:
            subprocess.run(["sleep", "0.2"], check=True)
            b.put({"linux": {"namespaces": [{"type": "uts", "path": f"/proc/{other.pid}/ns/uts"}]}})
            return b.put({"hostname": "joined"}).script("hostname").prints("joined")
        finally:
            other.kill()


@case("domainname is set")
def _(b):
    return b.put({"domainname": "example.com"}).script("cat /proc/sys/kernel/domainname").prints("example.com")


@case("timeOffsets are set")
def _(b):
    b.put({"linux": {"namespaces": [{"type": "time"}], "timeOffsets": {"boottime": {"secs": 864000}}}})
    code, output = b.script("cat /proc/self/timens_offsets").run()
    return code == 0 and "864000" in output


@case("memoryPolicy is set")
def _(b):
    if not pathlib.Path("/sys/devices/system/node/node0").exists():
        raise Skip("NUMA")
    b.put({"linux": {"memoryPolicy": {"mode": "MPOL_BIND", "nodes": "0"}}})
    code, output = b.script("head -n 1 /proc/self/numa_maps").run()
    return code == 0 and "bind:0" in output


@case("netDevices move in with their addresses")
def _(b):
    for words in (["link", "add", "one", "type", "veth", "peer", "name", "two"],
                  ["address", "add", "192.0.2.7/24", "dev", "one"]):
        if subprocess.run(["ip", *words], capture_output=True, check=False).returncode != 0:
            raise Skip("ip and veth")
    b.put({"linux": {"netDevices": {"one": {"name": "inside0"}}}})
    code, output = b.script("ip -o -4 address show inside0").run()
    return code == 0 and "192.0.2.7/24" in output


@case("execCPUAffinity holds for exec")
def _(b):
    b.put({"process": {"execCPUAffinity": {"initial": "0", "final": "0"}}}).script("sleep 20")
    b.call("create")
    b.call("start")
    done = subprocess.run([*b.runtime, "--root", b.state, "exec", b.name, "grep", "Cpus_allowed_list",
                           "/proc/self/status"], capture_output=True, text=True, timeout=20, check=False)
    return done.stdout.split()[-1:] == ["0"]


@case("a limit of 0 processes is a limit")
def _(b):
    if not examples.controller("pids"):
        raise Skip("the controller pids")
    return b.put({"linux": {"resources": {"pids": {"limit": 0}}}}).script("ls / && true").refused()


@case("hugepage limits hold for reservations too")
def _(b):
    if not examples.controller("hugetlb"):
        raise Skip("the controller hugetlb")
    b.put({"linux": {"resources": {"hugepageLimits": [{"pageSize": "2MB", "limit": 8 << 20}]}}})
    if b.call("create")[0] != 0:
        return False
    for line in pathlib.Path(f"/proc/{b.pid()}/cgroup").read_text().splitlines():
        for top in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/hugetlb"):
            for name in ("hugetlb.2MB.rsvd.max", "hugetlb.2MB.rsvd.limit_in_bytes"):
                file = pathlib.Path(top + line.split(":", 2)[2], name)
                if file.exists() and file.read_text().strip() == str(8 << 20):
                    return True
    return False


@case("kernel memory limits are warned about")
def _(b):
    code, output = b.put({"linux": {"resources": {"memory": {"kernel": 1 << 30}}}}).run()
    return code == 0 and "kernel" in output


@case("a unified key that leaves the cgroup is refused")
def _(b):
    return b.put({"linux": {"resources": {"unified": {"../cgroup.procs": "0"}}}}).refused()


@case("sysctls of user namespaces are set")
def _(b):
    ids = [{"containerID": 0, "hostID": 100000, "size": 1000}]
    b.put({"linux": {"namespaces": [{"type": "user"}], "uidMappings": ids, "gidMappings": ids,
                     "sysctl": {"user.max_time_namespaces": "7"}}})
    return b.script("cat /proc/sys/user/max_time_namespaces").prints("7")


@case("kill without a signal sends the image's stop signal")
def _(b):
    b.put({"annotations": {"org.opencontainers.image.stopSignal": "SIGUSR1"}})
    b.script("trap 'exit 7' USR1; trap 'exit 8' TERM; while :; do sleep 0.05; done")
    (b.path / "config.json").write_text(json.dumps(b.config))
    with subprocess.Popen([*b.runtime, "--root", b.state, "run", b.name], cwd=b.path, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            subprocess.run(["sleep", "1"], check=True)
            b.call("kill")
            return running.wait(timeout=10) == 7
        finally:
            # It would be waited for, also where a runtime sends no signal.
            b.clean()
            running.kill()


@case("option relatime takes noatime of a bind's source back")
def _(b):
    (b.path / "data").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "noatime", "tmpfs", b.path / "data"], check=True)
    try:
        return mounted(bind(b, "bind", "relatime"), "/mnt", "relatime")
    finally:
        subprocess.run(["umount", b.path / "data"], check=True)


for _option in ("iversion", "silent", "loud"):
    @case(f"option {_option} is no data of the file system")
    def _(b, option=_option):
        return tmpfs(b, option).run()[0] == 0


@case("option remount changes what is mounted there")
def _(b):
    tmpfs(b)
    b.config["mounts"].append({"destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": ["remount", "ro"]})
    code, output = b.script("grep ' /mnt ' /proc/self/mountinfo").run()
    return code == 0 and len(output.splitlines()) == 1 and " ro" in output


@case("rootfsPropagation knows the recursive kinds")
def _(b):
    return mounted(b.put({"linux": {"rootfsPropagation": "rshared"}}), "/", "shared:")


@case("what masks a folder cannot be filled without a limit")
def _(b):
    (b.rootfs / "srv").mkdir()
    b.put({"linux": {"maskedPaths": ["/srv"]}}).script("grep ' /srv ' /proc/self/mountinfo")
    code, output = b.run()
    return code == 0 and (" tmpfs " not in output or "size=" in output)


@case("consoleSize is the terminal's")
def _(b):
    b.put({"process": {"terminal": True, "consoleSize": {"height": 33, "width": 77}}})
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(b.work / "console"))
        server.listen()
        server.settimeout(5)
        if b.call("create", "--console-socket", b.work / "console")[0] != 0:
            return False
        with server.accept()[0] as connection:
            master = socket.recv_fds(connection, 4096, 1)[1][0]
    try:
        return struct.unpack("HHHH", fcntl.ioctl(master, termios.TIOCGWINSZ, bytes(8)))[:2] == (33, 77)
    finally:
        os.close(master)


@case("noNewPrivileges that is false is as if it were not given")
def _(b):
    b.put({"process": {"noNewPrivileges": False, "user": {"uid": 1000, "gid": 1000},
                       "capabilities": {name: [] for name in ("bounding", "permitted", "effective", "ambient")}},
           "linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW",
                                 "syscalls": [{"names": ["chroot"], "action": "SCMP_ACT_ERRNO"}]}}})
    return b.script("grep NoNewPrivs /proc/self/status | cut -f 2").prints("0")


@case("the CPU affinity of the caller is not the container's")
def _(b):
    if len(os.sched_getaffinity(0)) < 2:
        raise Skip("two processors")
    b.runtime = ["taskset", "-c", str(min(os.sched_getaffinity(0))), *b.runtime]
    code, output = b.script("grep Cpus_allowed_list /proc/self/status").run()
    return code == 0 and output == next(line for line in pathlib.Path("/proc/self/status").open(encoding="utf-8")
                                        if line.startswith("Cpus_allowed_list"))


@case("poststart hooks run when the program has been executed")
def _(b):
    # The start is slow, so that a hook which does not wait for it is too early.
    pid = "$(sed 's/.*\"pid\": *\\([0-9]*\\).*/\\1/')"
    b.put({"hooks": {"startContainer": [hook("sleep 1")],
                     "poststart": [hook(f"cat /proc/{pid}/comm > {b.path}/comm")]}})
    b.config["process"]["args"] = ["/bin/sleep", "20"]
    created = b.call("create")[0] == 0 and b.call("start")[0] == 0
    return created and eventually((b.path / "comm").exists) and (b.path / "comm").read_text() == "sleep\n"


@case("a failing poststart hook ends the container")
def _(b):
    b.put({"hooks": {"poststart": [hook("exit 1")]}}).script("sleep 20")
    return b.call("create")[0] == 0 and b.call("start")[0] != 0 and b.status() in ("", "stopped")


@case("kill of a container that has stopped is an error")
def _(b):
    created = b.call("create")[0] == 0 and b.call("start")[0] == 0 and b.reaches("stopped")
    return created and b.call("kill", behind=["KILL"])[0] != 0


def hierarchies():
    """The mount points of all cgroup hierarchies."""
    for line in pathlib.Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        if line.split()[2] in ("cgroup", "cgroup2"):
            yield pathlib.Path(line.split()[1])


@case("a cgroup with somebody else's processes is refused")
def _(b):
    made = []
    with subprocess.Popen(["sleep", "30"]) as other:
        try:
            for top in hierarchies():
                folder = top / f"{b.name}-taken"
                folder.mkdir(exist_ok=True)
                made.append(folder)
                with contextlib.suppress(OSError):  # a cpuset without processors takes nobody
                    (folder / "cgroup.procs").write_text(str(other.pid))
            return b.put({"linux": {"cgroupsPath": f"/{b.name}-taken"}}).refused()
        finally:
            other.kill()
            other.wait()
            for folder in made:
                eventually(lambda place=folder: remove_cgroup(place))


def remove_cgroup(folder):
    with contextlib.suppress(OSError):
        folder.rmdir()
    return not folder.exists()


@case("memory.useHierarchy that the kernel does not take is told")
def _(b):
    if not any((top / "memory.use_hierarchy").exists() for top in hierarchies()):
        raise Skip("the memory controller of cgroup v1")
    # Since Linux 5.11 it takes true alone.
    code, output = b.put({"linux": {"resources": {"memory": {"useHierarchy": False}}}}).run()
    return code != 0 or "ierarchy" in output


@case("memory.checkBeforeUpdate refuses a limit below what is in use")
def _(b):
    if not examples.controller("memory"):
        raise Skip("the controller memory")
    b.put({"linux": {"resources": {"memory": {"limit": 128 << 20}}}})
    b.script("dd if=/dev/zero of=/dev/shm/file bs=1M count=40 2>/dev/null; touch /dev/shm/done; exec sleep 30")
    if b.call("create")[0] != 0 or b.call("start")[0] != 0:
        return False
    if not eventually(pathlib.Path(f"/proc/{b.pid()}/root/dev/shm/done").exists):
        return False
    (b.work / "limits").write_text(json.dumps({"memory": {"limit": 16 << 20, "checkBeforeUpdate": True}}))
    return b.call("update", "--resources", b.work / "limits")[0] != 0 and b.status() == "running"


@case("an RDMA limit of a device that is not there is refused")
def _(b):
    if not examples.controller("rdma"):
        raise Skip("the controller rdma")
    return b.put({"linux": {"resources": {"rdma": {"no-such-device": {"hcaHandles": 2}}}}}).refused()


@case("device rules hold")
def _(b):
    # A device that anybody may open, and that no runtime allows by itself.
    numbers = {line.split()[1]: int(line.split()[0])
               for line in pathlib.Path("/proc/misc").read_text(encoding="utf-8").splitlines()}
    minor = numbers.get("fuse", numbers.get("loop-control"))
    if minor is None:
        raise Skip("/dev/fuse or /dev/loop-control")
    b.put({"linux": {"resources": {"devices": [{"allow": False, "access": "rwm"}]},
                     "devices": [{"type": "c", "path": "/dev/probe", "major": 10, "minor": minor, "fileMode": 438}]}})
    code, output = b.script("true < /dev/probe && echo opened").run()
    return code != 0 and "not permitted" in output


@case("a sysctl of an interface with a dot in its name is set")
def _(b):
    with subprocess.Popen(["unshare", "-n", "sleep", "30"]) as other:
        try:
            time.sleep(0.2)
            added = subprocess.run(["nsenter", "-t", str(other.pid), "-n", "ip", "link", "add", "one.7", "type", "veth",
                                    "peer", "name", "two"], capture_output=True, check=False)
            if added.returncode != 0:
                raise Skip("ip and veth")
            b.put({"linux": {"namespaces": [{"type": "network", "path": f"/proc/{other.pid}/ns/net"}],
                             "sysctl": {"net/ipv4/conf/one.7/forwarding": "1"}}})
            return b.script("cat /proc/sys/net/ipv4/conf/one.7/forwarding").prints("1")
        finally:
            other.kill()


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


def cgroups_of(b):
    # os.walk passes over what vanishes meanwhile.
    return [pathlib.Path(folder) for top in hierarchies() for folder, _, _ in os.walk(top) if b.name in folder]


def end_cgroup(folder):
    """Ends who is in the cgroup, and removes it."""
    with contextlib.suppress(OSError, ValueError):
        for pid in (folder / "cgroup.procs").read_text(encoding="utf-8").split():
            os.kill(int(pid), signal.SIGKILL)
    return remove_cgroup(folder)


@case("of a create that is killed, delete by force leaves no cgroup")
def _(b):
    begin = time.monotonic()
    created = b.call("create")[0] == 0
    whole = time.monotonic() - begin
    b.clean()
    kept = 0
    for part in range(40):
        with subprocess.Popen([*b.runtime, "--root", b.state, "create", b.name], cwd=b.path, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
            time.sleep(whole * part / 40)
            running.kill()
        b.clean()
        if not eventually(lambda: not cgroups_of(b), 2):
            kept += 1
            for folder in sorted(cgroups_of(b), reverse=True):
                eventually(lambda place=folder: end_cgroup(place))
            shutil.rmtree(b.state / b.name, ignore_errors=True)
    return created and kept == 0


def features(b):
    done = subprocess.run([*b.runtime, "features"], capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else {}


@case("features lists time namespaces, idmap and ridmap")
def _(b):
    document = features(b)
    options = document.get("mountOptions", [])
    return "time" in document.get("linux", {}).get("namespaces", []) and {"idmap", "ridmap"} <= set(options)


@case("features lists seccomp's architectures and flags")
def _(b):
    seccomp = features(b).get("linux", {}).get("seccomp") or {}
    return bool(seccomp.get("archs")) and bool(seccomp.get("knownFlags")) and bool(seccomp.get("supportedFlags"))


@case("features tells of rdma, memoryPolicy and netDevices")
def _(b):
    part = features(b).get("linux", {})
    return part.get("cgroup", {}).get("rdma") is True and "memoryPolicy" in part and "netDevices" in part


def working(runtime, crux):
    """How to call the runtime so that a plain container runs."""
    for words in ([runtime], [*WITHOUT_UNIFIED, runtime]):
        with tempfile.TemporaryDirectory(prefix=f"crux-test-{os.getpid()}-") as folder:
            bundle = Bundle(words, crux, folder)
            code, output = bundle.script("echo it runs").run()
            bundle.clean()
            if code == 0 and output == "it runs\n":
                return words
    raise SystemExit(f"{runtime} runs no plain container here: {output}")


def verdict(function, runtime, crux):
    with tempfile.TemporaryDirectory(prefix=f"crux-test-{os.getpid()}-") as folder:
        bundle = Bundle(runtime, crux, folder)
        try:
            return "yes" if function(bundle) else "no"
        except Skip as reason:
            return f"skipped: needs {reason}"
        except (ValueError, KeyError, IndexError, OSError, subprocess.SubprocessError) as fault:
            return f"no ({type(fault).__name__})"
        finally:
            with contextlib.suppress(subprocess.SubprocessError):
                bundle.clean()


def version(runtime):
    text = subprocess.run([runtime, "--version"], capture_output=True, text=True, check=True).stdout
    return " ".join(text.splitlines()[0].replace(" version", "").split())


def main():
    if sys.argv[1:] == ["--list"]:
        print(*(title for title, _ in CASES), sep="\n")
        return 0
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    crux = os.path.abspath(sys.argv[1])
    runtimes = [crux] + [path for path in map(shutil.which, sys.argv[2:]) if path]
    if os.geteuid() != 0 or not pathlib.Path("/bin/busybox").exists() or not shutil.which("ip"):
        print("SKIPPED: needs root, busybox-static and ip (iproute2)")
        return 0
    # Devices of a case are in a network namespace of its own, and go with it.
    if ctypes.CDLL(None).unshare(examples.CLONE_NEWNET) != 0:
        raise SystemExit("no network namespace of its own")
    print("case", *map(version, runtimes), sep="\t")
    calls = [working(runtime, crux) for runtime in runtimes]
    failed = 0
    kept = [0] * len(runtimes)
    for title, function in CASES:
        verdicts = []
        for runtime in calls:
            subprocess.run(["ip", "link", "delete", "one"], capture_output=True, check=False)
            verdicts.append(verdict(function, runtime, crux))
        failed += verdicts[0].startswith("no")
        kept = [count + (word == "yes") for count, word in zip(kept, verdicts)]
        print(title, *verdicts, sep="\t", flush=True)
    print(f"{len(CASES)} cases; done as specified", *kept, sep="\t")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

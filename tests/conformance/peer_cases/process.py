"""The version and the process of config.json."""

import fcntl
import os
import pathlib
import socket
import struct
import subprocess
import termios

from peer_cases.bundle import Skip, case


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


@case("a scheduler that the kernel does not support is refused")
def _(b):
    return b.put({"process": {"scheduler": {"policy": "SCHED_ISO"}}}).refused()


@case("personality flags are refused")
def _(b):
    return b.put({"linux": {"personality": {"domain": "LINUX", "flags": ["ADDR_NO_RANDOMIZE"]}}}).refused()


@case("selinuxLabel is refused without SELinux")
def _(b):
    if pathlib.Path("/sys/fs/selinux/enforce").exists():
        raise Skip("a host without SELinux")
    return b.put({"process": {"selinuxLabel": "a:b:c:d"}}).refused()


@case("execCPUAffinity holds for exec")
def _(b):
    b.put({"process": {"execCPUAffinity": {"initial": "0", "final": "0"}}}).script("sleep 20")
    b.call("create")
    b.call("start")
    done = subprocess.run([*b.runtime, "--root", b.state, "exec", b.name, "grep", "Cpus_allowed_list",
                           "/proc/self/status"], capture_output=True, text=True, timeout=20, check=False)
    return done.stdout.split()[-1:] == ["0"]


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

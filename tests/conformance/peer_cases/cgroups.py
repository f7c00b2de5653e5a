"""Cgroups: their owners, limits and removal."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import examples
from peer_cases.bundle import Skip, case, eventually


@case("a limit of 0 processes is a limit")
def _(b):
    if not examples.controller("pids"):
        raise Skip("the controller pids")
    return b.put({"ociVersion": "1.3.0", "linux": {"resources": {"pids": {"limit": 0}}}}).script("ls / && true").refused()


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


def hierarchies():
    """The mount points of all cgroup hierarchies."""
    for line in pathlib.Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        if line.split()[2] in ("cgroup", "cgroup2"):
            yield pathlib.Path(line.split()[1])


@case("a cgroup with processes of another program is refused")
def _(b):
    made = []
    with subprocess.Popen(["sleep", "30"]) as other:
        try:
            for top in hierarchies():
                folder = top / f"{b.name}-taken"
                folder.mkdir(exist_ok=True)
                made.append(folder)
                with contextlib.suppress(OSError):  # no process can enter a cpuset without processors
                    (folder / "cgroup.procs").write_text(str(other.pid))
            return b.put({"linux": {"cgroupsPath": f"/{b.name}-taken"}}).refused()
        finally:
            other.kill()
            other.wait()
            for folder in made:
                eventually(lambda place=folder: remove_cgroup(place))


def need_v2():
    if not pathlib.Path("/sys/fs/cgroup/cgroup.controllers").exists():
        raise Skip("a host with cgroup v2 alone")


@case("what cgroup v2 does not support is reported there")
def _(b):
    need_v2()
    code, output = b.put({"linux": {"resources": {"memory": {"swappiness": 10}}}}).run()
    return code != 0 or "swappiness" in output


@case("the cgroup is its user namespace's where that may write to it")
def _(b):
    need_v2()
    top = pathlib.Path("/sys/fs/cgroup")
    ids = [{"containerID": 0, "hostID": 100000, "size": 1000}]
    b.put({"linux": {"namespaces": [{"type": "user"}, {"type": "cgroup"}], "uidMappings": ids, "gidMappings": ids},
           "mounts": [{"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
                       "options": ["rw", "nosuid", "nodev", "noexec"]}]})
    if pathlib.Path("/run/systemd/system").exists():
        b.runtime = [*b.runtime, "--systemd-cgroup"]
        b.put({"linux": {"cgroupsPath": f"system.slice:crux-test:{b.name}"}})
    if b.call("create")[0] != 0:
        return False
    own = pathlib.Path(f"/proc/{b.pid()}/cgroup").read_text(encoding="utf-8").strip().removeprefix("0::/")
    return all((top / own / name).stat().st_uid == 100000 for name in (".", "cgroup.procs", "cgroup.subtree_control"))


def remove_cgroup(folder):
    with contextlib.suppress(OSError):
        folder.rmdir()
    return not folder.exists()


@case("memory.useHierarchy that the kernel refuses is reported")
def _(b):
    if not any((top / "memory.use_hierarchy").exists() for top in hierarchies()):
        raise Skip("the memory controller of cgroup v1")
    # Since Linux 5.11 the kernel accepts only true.
    code, output = b.put({"linux": {"resources": {"memory": {"useHierarchy": False}}}}).run()
    return code != 0 or "ierarchy" in output


@case("blockIO.leafWeight that the kernel does not support is reported")
def _(b):
    # It was removed with the scheduler CFQ in Linux 5.0.
    if not examples.controller("blkio") and not examples.controller("io"):
        raise Skip("the controller blkio or io")
    code, output = b.put({"linux": {"resources": {"blockIO": {"leafWeight": 500}}}}).run()
    return code != 0 or "leafWeight" in output or "leaf_weight" in output


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
    # A device that every user may open and that no runtime allows by default.
    numbers = {line.split()[1]: int(line.split()[0])
               for line in pathlib.Path("/proc/misc").read_text(encoding="utf-8").splitlines()}
    minor = numbers.get("fuse", numbers.get("loop-control"))
    if minor is None:
        raise Skip("/dev/fuse or /dev/loop-control")
    b.put({"linux": {"resources": {"devices": [{"allow": False, "access": "rwm"}]},
                     "devices": [{"type": "c", "path": "/dev/probe", "major": 10, "minor": minor, "fileMode": 438}]}})
    code, output = b.script("true < /dev/probe && echo opened").run()
    return code != 0 and "not permitted" in output


def cgroups_of(b):
    # os.walk skips directories that are removed meanwhile.
    return [pathlib.Path(folder) for top in hierarchies() for folder, _, _ in os.walk(top) if b.name in folder]


def end_cgroup(folder):
    """Kills the processes in the cgroup, and removes it."""
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

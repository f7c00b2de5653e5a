"""Devices, namespaces, network devices and sysctls."""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import time

from peer_cases.bundle import Skip, case, eventually


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


def replace_when_made(node, target):
    """Replaces the node by a link to the target as soon as it exists; returns whether it did."""
    link = node.with_name("link")
    if not eventually(node.parent.exists) or not eventually(lambda: os.path.lexists(node), 15):
        return False
    link.symlink_to(target)
    link.rename(node)
    return True


@case("a device's owner and mode go to the device, and not through a link in its place")
def _(b):
    if not shutil.which("strace"):
        raise Skip("strace")
    b.config["mounts"] = [one for one in b.config["mounts"] if not one["destination"].startswith("/dev")]
    b.put({"root": {"readonly": False}, "linux": {"devices": [
        {"type": "c", "path": "/dev/probe", "major": 1, "minor": 3, "uid": 1234, "gid": 1234, "fileMode": 0o666}]}})
    victim = b.work / "victim"
    victim.touch(mode=0o600)
    # Delays the runtime after each mknod.
    b.runtime = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=mknod,mknodat",
                 "-e", "inject=mknod,mknodat:delay_exit=400000", *b.runtime]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        replaced = pool.submit(replace_when_made, b.rootfs / "dev/probe", victim)
        b.run()
    found = victim.stat()
    return replaced.result() and (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (0, 0, 0o600)


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


@case("sysctls of user namespaces are set")
def _(b):
    ids = [{"containerID": 0, "hostID": 100000, "size": 1000}]
    b.put({"linux": {"namespaces": [{"type": "user"}], "uidMappings": ids, "gidMappings": ids,
                     "sysctl": {"user.max_time_namespaces": "7"}}})
    return b.script("cat /proc/sys/user/max_time_namespaces").prints("7")


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


@case("an existing cache class must have the schemata")
def _(b):
    mounts = [line.split() for line in pathlib.Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    tops = [words[1] for words in mounts if words[2] == "resctrl"]
    if not tops:
        raise Skip("resctrl")
    group = pathlib.Path(tops[0], b.name)
    group.mkdir()
    try:
        (group / "schemata").write_text("L3:0=f\n", encoding="utf-8")
        return b.put({"linux": {"intelRdt": {"closID": b.name, "l3CacheSchema": "L3:0=ff"}}}).refused()
    finally:
        group.rmdir()

"""Mounts and their options, the root's propagation, masked paths."""

import pathlib
import subprocess

from peer_cases.bundle import Skip, case, need_kernel


def mounted(bundle, point, *words):
    """Whether the program's mountinfo has all the words in the line of the mount point."""
    bundle.script(f"grep ' {point} ' /proc/self/mountinfo")
    code, output = bundle.run()
    return code == 0 and all(word in output for word in words)


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


for _option, _shown in (("rnosymfollow", "nosymfollow"), ("rro", " ro,")):
    @case(f"option {_option} reaches the mounts below")
    def _(b, option=_option, shown=_shown):
        (b.path / "data/inner").mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", b.path / "data/inner"], check=True)
        try:
            return mounted(bind(b, "rbind", option), "/mnt/inner", shown)
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
    need_kernel(6, 3, "an id-mapped tmpfs")
    (b.path / "data/inner").mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", b.path / "data/inner"], check=True)
    try:
        bind(b, "rbind", "ridmap", uidMappings=MAPS, gidMappings=MAPS)
        return b.script("stat -c %u /mnt/inner").prints("1000")
    finally:
        subprocess.run(["umount", b.path / "data/inner"], check=True)


@case("a new filesystem is id-mapped")
def _(b):
    need_kernel(6, 3, "an id-mapped tmpfs")
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


@case("mountLabel is refused without SELinux")
def _(b):
    if pathlib.Path("/sys/fs/selinux/enforce").exists():
        raise Skip("a host without SELinux")
    return b.put({"linux": {"mountLabel": "a:b:c:d"}}).refused()


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


@case("option lazytime is a flag where the filesystem does not know it")
def _(b):
    (b.rootfs / "mnt").mkdir()
    b.put({"mounts": [{"destination": "/mnt", "type": "devpts", "source": "devpts",
                       "options": ["newinstance", "lazytime", "ptmxmode=0666"]}]})
    return mounted(b, "/mnt", "lazytime")


@case("option remount changes what is mounted there")
def _(b):
    tmpfs(b)
    b.config["mounts"].append({"destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": ["remount", "ro"]})
    code, output = b.script("grep ' /mnt ' /proc/self/mountinfo").run()
    return code == 0 and len(output.splitlines()) == 1 and " ro" in output


@case("rootfsPropagation knows the recursive kinds")
def _(b):
    return mounted(b.put({"linux": {"rootfsPropagation": "rshared"}}), "/", "shared:")


@case("what masks a directory cannot be filled without a limit")
def _(b):
    (b.rootfs / "srv").mkdir()
    b.put({"linux": {"maskedPaths": ["/srv"]}}).script("grep ' /srv ' /proc/self/mountinfo")
    code, output = b.run()
    return code == 0 and (" tmpfs " not in output or "size=" in output)

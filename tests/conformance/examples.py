#!/usr/bin/env python3
"""Runs the examples of docs/config.md.

An example is a `json` block and the `console` block after it. The JSON is merged into the config.json that
`crux spec` writes, as the first section of the page explains; the lines of the console block that begin
with "$ " are run by a shell in the bundle's folder, and their output must match the lines between them, where
"…" matches anything and a line with "…" alone any number of lines.

A comment before the JSON may contain marks that are not visible on the page:
    <!-- example: exit=1 network=own needs=WORD,WORD -->
exit is the exit code of the last command (default 0), needs lists names of NEEDS below that the host must have;
with network=own everything runs in a new network namespace, so that the example's devices are not the host's.

usage: examples.py list DOCUMENT
       examples.py run DOCUMENT CRUX NAME
"""

import ctypes
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

CLONE_NEWNET = 0x40000000
# The id is a separate word in commands, paths and output; the tests use one that no other test has.
ID = re.compile(r"(?<![\w.])example(?![\w.])")
KEYS = ("destination", "type", "path")


def read_examples(text):
    """Yields a dict for each example: name, section, patch, commands (with their expected lines), marks."""
    section, names, marks, patch = "", {}, {}, None
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("#"):
            section = line.lstrip("# ")
        elif line.startswith("<!-- example:"):
            marks = dict(word.split("=", 1) for word in line[13:].removesuffix("-->").split())
        elif line in ("```json", "```console"):
            block = []
            for inner in lines:
                if inner == "```":
                    break
                block.append(inner)
            if line == "```json":
                if patch is not None:
                    raise SystemExit(f"{section}: a json block without a console block after it")
                patch = json.loads("\n".join(block))
                continue
            if patch is None:
                raise SystemExit(f"{section}: a console block without a json block before it")
            slug = re.sub(r"[^A-Za-z0-9.]+", "-", section).strip("-")
            names[slug] = names.get(slug, 0) + 1
            yield {
                "name": slug if names[slug] == 1 else f"{slug}-{names[slug]}",
                "section": section,
                "patch": patch,
                "commands": read_commands(block, section),
                "marks": marks,
            }
            marks, patch = {}, None
    if patch is not None:
        raise SystemExit(f"{section}: a json block without a console block after it")


def read_commands(block, section):
    commands = []
    for line in block:
        if line.startswith("$ "):
            commands.append((line[2:], []))
        elif not commands:
            raise SystemExit(f"{section}: the console block does not begin with a command")
        else:
            commands[-1][1].append(line)
    if not commands:
        raise SystemExit(f"{section}: the console block is empty")
    return commands


def put_over(base, patch):
    """Objects are merged; an object in a list replaces the one of the same key, or is added."""
    if isinstance(base, dict) and isinstance(patch, dict):
        merged = dict(base)
        for key, value in patch.items():
            if value is None:
                merged.pop(key, None)
            else:
                merged[key] = put_over(merged.get(key), value)
        return merged
    if isinstance(base, list) and isinstance(patch, list) and any(isinstance(one, dict) for one in patch):
        key = next((key for key in KEYS if all(key in one for one in base + patch)), None)
        given = {one[key] for one in patch} if key else set()
        return [one for one in base if not key or one[key] not in given] + patch
    return patch


def make_root(folder):
    for name in ("bin", "dev", "etc", "proc", "root", "sys", "tmp", "var"):
        (folder / name).mkdir(parents=True)
    shutil.copy("/bin/busybox", folder / "bin")
    names = subprocess.run(["/bin/busybox", "--list"], capture_output=True, text=True, check=True).stdout
    for name in names.split():
        if name != "busybox":
            (folder / "bin" / name).symlink_to("busybox")
    (folder / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (folder / "etc/group").write_text("root:x:0:\n")


def controller(name):
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        kind, _, options = line.split(" - ")[1].split(" ", 2)
        place = line.split()[4]
        if kind == "cgroup" and name in options.split(","):
            return 1
        if kind == "cgroup2" and name in pathlib.Path(place, "cgroup.controllers").read_text().split():
            return 2
    return 0


def active_lsm(name):
    file = pathlib.Path("/sys/kernel/security/lsm")
    return file.exists() and name in file.read_text().strip().split(",")


def has_landlock():
    """landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION)"""
    return ctypes.CDLL(None).syscall(444, None, 0, 1) > 0


def has_veth():
    return subprocess.run(["unshare", "-n", "ip", "link", "add", "one", "type", "veth", "peer", "name", "two"],
                          capture_output=True, check=False).returncode == 0


def has_core_scheduling():
    """prctl(PR_SCHED_CORE, PR_SCHED_CORE_GET, 0, PIDTYPE_PID, &cookie)"""
    cookie = ctypes.c_uint64()
    return ctypes.CDLL(None).prctl(62, 0, 0, 0, ctypes.byref(cookie)) == 0


NEEDS = {
    "root": ("root", lambda: os.geteuid() == 0),
    "apparmor": ("AppArmor", lambda: pathlib.Path("/sys/module/apparmor/parameters/enabled").exists()),
    "no-apparmor": ("a host without AppArmor",
                    lambda: not pathlib.Path("/sys/module/apparmor/parameters/enabled").exists()),
    "selinux": ("SELinux", lambda: pathlib.Path("/sys/fs/selinux/enforce").exists()),
    "no-selinux": ("a host without SELinux", lambda: not pathlib.Path("/sys/fs/selinux/enforce").exists()),
    "resctrl": ("a mounted resctrl", lambda: pathlib.Path("/sys/fs/resctrl/schemata").exists()),
    "no-resctrl": ("a host without resctrl", lambda: not pathlib.Path("/sys/fs/resctrl/schemata").exists()),
    "veth": ("the program ip and a kernel with veth", has_veth),
    "loop": ("loop devices", lambda: pathlib.Path("/sys/block/loop0").exists()),
    "landlock": ("Landlock", has_landlock),
    "core-scheduling": ("core scheduling", has_core_scheduling),
    "x86_64": ("an x86_64 machine", lambda: os.uname().machine == "x86_64"),
    "memsw": ("limits of swap", lambda: pathlib.Path("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes").exists()),
    "rt": ("real-time limits of cgroup v1", lambda: pathlib.Path("/sys/fs/cgroup/cpu/cpu.rt_runtime_us").exists()),
    "not-v2": ("a host with cgroup v1", lambda: controller("memory") == 1),
    "numa": ("memory policies", lambda: pathlib.Path("/sys/devices/system/node/node0").exists()),
}
for version in (1, 2):
    for each in ("memory", "cpu", "cpuset", "pids", "blkio", "io", "hugetlb", "net_cls", "net_prio", "rdma"):
        NEEDS[f"v{version}:{each}"] = (f"the controller {each} of cgroup v{version}",
                                       lambda each=each, version=version: controller(each) == version)
for each in ("memory", "cpu", "cpuset", "pids", "hugetlb", "rdma"):
    NEEDS[each] = (f"the cgroup controller {each}", lambda each=each: controller(each))


def missing(example):
    if not pathlib.Path("/bin/busybox").exists():
        return "a static /bin/busybox (Debian: busybox-static)"
    for word in ["root"] + [word for word in example["marks"].get("needs", "").split(",") if word]:
        name, there = NEEDS[word]
        if not there():
            return name
    return None


def matches(expected, printed):
    """Whether the printed lines are the expected ones."""
    if not expected:
        return not printed
    if expected[0] == "…":
        return any(matches(expected[1:], printed[skipped:]) for skipped in range(len(printed) + 1))
    if not printed:
        return False
    pattern = ".*".join(re.escape(part) for part in expected[0].split("…"))
    return re.fullmatch(pattern, printed[0]) is not None and matches(expected[1:], printed[1:])


def run_example(example, program):
    name = f"crux-test-{os.getpid()}-example"
    if example["marks"].get("network") == "own" and ctypes.CDLL(None).unshare(CLONE_NEWNET) != 0:
        raise SystemExit("cannot make a new network namespace")
    with tempfile.TemporaryDirectory(prefix=f"crux-test-{os.getpid()}-") as folder:
        work = pathlib.Path(folder)
        bundle, tools, state = work / "bundle", work / "tools", work / "state"
        for one in (bundle, tools):
            one.mkdir()
        make_root(bundle / "rootfs")
        # Each test has its own state root.
        (tools / "crux").write_text(f'#!/bin/sh\nexec "{program}" --root "{state}" "$@"\n')
        (tools / "crux").chmod(0o755)
        environment = dict(os.environ, PATH=f"{tools}:{os.environ['PATH']}", LC_ALL="C.UTF-8")
        subprocess.run([program, "spec", "--bundle", bundle], check=True)
        config = json.loads((bundle / "config.json").read_text())
        config["process"]["terminal"] = False
        text = json.dumps(put_over(config, example["patch"]), indent=4)
        (bundle / "config.json").write_text(ID.sub(name, text))
        try:
            return run_commands(example, name, bundle, environment)
        finally:
            subprocess.run([program, "--root", state, "delete", "--force", name], env=environment,
                           timeout=30, capture_output=True, check=False)


def run_commands(example, name, bundle, environment):
    for number, (command, expected) in enumerate(example["commands"], 1):
        # A file instead of a pipe: a container of `create` keeps it open, and waiting for a pipe's end would hang.
        with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
            done = subprocess.run(["/bin/sh", "-c", ID.sub(name, command)], cwd=bundle, env=environment, timeout=60,
                                  stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, check=False)
            output.seek(0)
            printed = output.read().replace(name, "example").splitlines()
        code = int(example["marks"].get("exit", "0")) if number == len(example["commands"]) else 0
        if done.returncode != code or not matches(expected, printed):
            print(f"{example['name']}: {command}\nexit code {done.returncode}, expected {code}")
            print("printed:", *printed, sep="\n    ")
            print("expected:", *expected, sep="\n    ")
            return False
    return True


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("list", "run"):
        raise SystemExit(__doc__)
    examples = list(read_examples(pathlib.Path(sys.argv[2]).read_text()))
    if sys.argv[1] == "list":
        print(*(example["name"] for example in examples), sep="\n")
        return 0
    example = next(one for one in examples if one["name"] == sys.argv[4])
    reason = missing(example)
    if reason:
        print(f"SKIPPED: needs {reason}")
        return 0
    return 0 if run_example(example, sys.argv[3]) else 1


if __name__ == "__main__":
    sys.exit(main())

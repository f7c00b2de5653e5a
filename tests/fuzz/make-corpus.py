#!/usr/bin/env python3
"""Makes the initial inputs of the fuzzers from the bundles and the golden cases.

usage: tests/fuzz/make-corpus.py FOLDER   (FOLDER/NAME/* and FOLDER/json.dict; existing files are kept)
"""
import json
import pathlib
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"


def merged(base, patch):
    """A JSON merge patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(base) if isinstance(base, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def configs():
    for path in sorted(ROOT.glob("bundles/*/config.json")) + sorted(GOLDEN.glob("*/config.json")):
        yield path.parent.name, json.loads(path.read_text())
    base = json.loads((GOLDEN / "base.json").read_text())
    for path in sorted(GOLDEN.glob("*/patch.json")):
        yield path.parent.name, merged(base, json.loads(path.read_text()))


def words(value, found):
    if isinstance(value, dict):
        for key, item in value.items():
            found.add(key)
            words(item, found)
    elif isinstance(value, list):
        for item in value:
            words(item, found)
    elif isinstance(value, str) and len(value) < 40:
        found.add(value)


RECORD = {
    "id": "demo", "init_process_pid": 17, "init_process_start": 4711, "created": "2025-01-01T00:00:00.000000001Z",
    "config": {"rootfs": "/bundle/rootfs", "cgroups": {"path": "/a", "systemd": False}, "version": "1.3.0",
               "labels": ["bundle=/bundle", "key=value"], "no_pivot_root": False, "no_new_keyring": False},
    "rootless": False, "cgroup_paths": {"": "/sys/fs/cgroup/demo", "cpu": "/sys/fs/cgroup/cpu/demo"},
    "namespace_paths": {"NEWPID": "/proc/17/ns/pid", "NEWNS": "/proc/17/ns/mnt"}, "external_descriptors": ["pipe:[1]"],
    "intel_rdt_path": "", "intel_rdt_mon_path": "",
    "crux": {"status": "created", "boot_id": "4b2a4f2c-0000-4000-8000-000000000000", "pidfd_inode": 5,
             "bundle": "/bundle", "annotations": {"key": "value"}, "owner_uid": 0, "cgroup_driver": "cgroupfs",
             "systemd_unit": "", "intel_rdt_made": False, "terminal": False, "detached": False, "has_process": True,
             "has_poststart": False, "has_poststop": True, "own_pid_namespace": True},
}
JOURNAL = ("cgroup 1 /sys/fs/cgroup/cpu /a\\040b/demo cpu,cpuacct\ncgroup 2 /sys/fs/cgroup/unified /demo \n"
           "ancestor /sys/fs/cgroup/cpu/a\\040b\ndirectory /sys/fs/resctrl/demo\nmount 41 /srv/a\\040b/rootfs\nours\n")
WORDS = ["SIGTERM", "rtmin+3", "RTMAX-1", "9", "0-3,7\n", "ro,nosuid,rbind,rslave,size=64k,idmap=uids=0-1-2",
         "1000:1000", "4294967295", "6.1.0-13-amd64", "cpu cpuset memory\n", "12:pids:/a\n0::/b\n",
         "36 35 0:30 / /sys/fs/cgroup/cpu rw,nosuid shared:9 - cgroup cgroup rw,cpu\n",
         "4:cpu,cpuacct:/a\n0::/b\n\f36 35 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"]


def main():
    folder = pathlib.Path(sys.argv[1])
    found = set()

    def put(kind, name, text):
        place = folder / kind
        place.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)

    for name, config in configs():
        words(config, found)
        put("config", name, json.dumps(config))
        if config.get("process"):
            put("documents", name + "-process", json.dumps(config["process"]))
        resources = config.get("linux", {}).get("resources")
        if resources:
            put("documents", name + "-resources", json.dumps(resources))
    put("record", "record", json.dumps(RECORD))
    words(RECORD, found)
    put("journal", "journal", JOURNAL)
    # Say, step, call, errno, extra, length of the detail: as in runtime/plan/layout.h.
    for number, steps in enumerate(([(0, 5)], [(1, 1), (2, 2), (3, 40)], [(2, step) for step in range(64)])):
        place = folder / "message"
        place.mkdir(parents=True, exist_ok=True)
        packets = [struct.pack("<IIIiiI", say, step, 1, 2, 3, 4) + b"text" for say, step in steps]
        (place / str(number)).write_bytes(b"".join(struct.pack("<H", len(packet)) + packet for packet in packets))
    for number, word in enumerate(WORDS):
        put("words", str(number), word)

    def entry(word):
        text = json.dumps(word)
        return '"' + "".join(c if c.isalnum() or c in "/_.-: " else f"\\x{ord(c):02x}" for c in text) + '"'

    lines = sorted(entry(word) for word in found if word.isascii())
    (folder / "json.dict").write_text("\n".join(lines) + "\n")


main()

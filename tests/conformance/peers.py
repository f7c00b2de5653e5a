#!/usr/bin/env python3
"""Runs cases in which a container runtime deviates from the specification, on any runtime that has runc's
command line, and prints for each whether the runtime conforms to the specification (or to docs/config.md,
which is more precise).

usage: peers.py [--only WORDS] CRUX [RUNTIME…]     for example: peers.py build/debug/crux runc crun
       peers.py --list

--only selects the cases whose titles contain the words. The cases are in the folder peer_cases.
Needs root and busybox-static. The exit code is 1 if CRUX, the first runtime, fails a case.
"""

import argparse
import contextlib
import ctypes
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import examples
from peer_cases import cgroups, linux, mounts, operations, process, seccomp  # they fill CASES
from peer_cases.bundle import CASES, Bundle, Skip

# crun refuses hosts with controllers in both cgroup versions: only version 1 is visible to it.
WITHOUT_UNIFIED = ["unshare", "-m", "sh", "-c", 'umount /sys/fs/cgroup/unified && exec "$@"', "sh"]


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
    parser = argparse.ArgumentParser(usage=__doc__, add_help=False)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("runtimes", nargs="*")
    options = parser.parse_args()
    if options.list:
        print(*(title for title, _ in CASES), sep="\n")
        return 0
    cases = [(title, function) for title, function in CASES if options.only in title]
    if not options.runtimes or not cases:
        parser.error("no runtime, or no case with these words")
    for name in options.runtimes:
        if shutil.which(name) is None:
            parser.error(f'no runtime "{name}"')
    crux = os.path.abspath(options.runtimes[0])
    runtimes = [crux, *map(shutil.which, options.runtimes[1:])]
    if os.geteuid() != 0 or not pathlib.Path("/bin/busybox").exists() or not shutil.which("ip"):
        print("SKIPPED: needs root, busybox-static and ip (iproute2)")
        return 0
    # Network devices of a case are in a private network namespace, and are removed with it.
    if ctypes.CDLL(None).unshare(examples.CLONE_NEWNET) != 0:
        raise SystemExit("cannot make a new network namespace")
    print("case", *map(version, runtimes), sep="\t")
    calls = [working(runtime, crux) for runtime in runtimes]
    failed = 0
    kept = [0] * len(runtimes)
    for title, function in cases:
        verdicts = []
        for runtime in calls:
            subprocess.run(["ip", "link", "delete", "one"], capture_output=True, check=False)
            verdicts.append(verdict(function, runtime, crux))
        failed += verdicts[0].startswith("no")
        kept = [count + (word == "yes") for count, word in zip(kept, verdicts)]
        print(title, *verdicts, sep="\t", flush=True)
    print(f"{len(cases)} cases; conforming", *kept, sep="\t")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Shows that the security tests notice a defence that is missing: weakens one at a time and runs its tests, which must fail.

usage: mutants.py [--list | --check | NAME...]

Without names it tries all of them, in build/mutants: a copy of the tree with its own build (preset release). It needs root, and some
seconds for each after the first build. The last line is "N caught, N survived". --list prints the names. --check only tests that each of
them can still be applied and is in the table of docs/security.md; it is part of tests/lint.sh.
"""

import fnmatch
import os
import pathlib
import shutil
import subprocess
import sys
from dataclasses import dataclass

from weaknesses import WEAKNESSES

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / "build/mutants"
TREE = WORK / "tree"
BUILD = TREE / "build/release"
BUILD_SECONDS = 1800
TEST_SECONDS = 600


@dataclass
class Run:
    """How a test program ended."""
    failed: bool
    text: str


def faults(root):
    """What is wrong with the list: changes that cannot be applied, and rows of docs/security.md that differ from it."""
    page = (root / "docs/security.md").read_text(encoding="utf-8")
    for weak in WEAKNESSES:
        for change in weak.changes:
            count = (root / change.path).read_text(encoding="utf-8").count(change.before)
            if count != 1:
                yield f"tests/security/weaknesses.py: {weak.name}: {change.path} has the text {count} times, not once"
        if row_of(weak) not in page:
            yield f"docs/security.md: has no row {row_of(weak)}"


def row_of(weak):
    return f"| `{weak.name}` | {weak.claim} | {', '.join(f'“{test}”' for _, test in weak.tests)} |"


def run(words, seconds, directory=TREE):
    environment = {**os.environ, "CLICOLOR": "0"}
    done = subprocess.run(words, cwd=directory, env=environment, timeout=seconds, check=False, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace")
    return done.returncode, done.stdout


def copy_tree():
    """The sources as they are in the working directory. Unchanged files keep their times, so that only changes are compiled."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
                            capture_output=True).stdout.decode().split("\0")
    names = {name for name in listed if name and (ROOT / name).is_file()}
    for old in [path for path in TREE.rglob("*") if path.is_file()]:
        if BUILD not in old.parents and str(old.relative_to(TREE)) not in names:
            old.unlink()
    for name in sorted(names):
        source, copy = ROOT / name, TREE / name
        if copy.is_file() and copy.read_bytes() == source.read_bytes():
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, copy)


def build(targets):
    code, text = run(["cmake", "--build", str(BUILD), "-j", str(os.cpu_count()), "--target", *targets], BUILD_SECONDS)
    if code != 0:
        raise RuntimeError(f"the build failed:\n{text[-4000:]}")


def escaped(name):
    return name.replace("\\", "\\\\").replace(",", "\\,").replace("[", "\\[")


def test(program, name):
    try:
        code, text = run([str(BUILD / program), escaped(name)], TEST_SECONDS, BUILD)
    except subprocess.TimeoutExpired:
        return Run(True, f"did not end within {TEST_SECONDS} s")
    if "No test cases matched" in text or "No tests ran" in text:
        raise RuntimeError(f"{program} has no test {name!r}")
    if "SKIPPED: " in text:
        raise RuntimeError(f"{program}: {name}: {text[text.index('SKIPPED: '):].splitlines()[0]}")
    return Run(code != 0, text)


def apply(weak):
    for change in weak.changes:
        path = TREE / change.path
        path.write_text(path.read_text(encoding="utf-8").replace(change.before, change.after), encoding="utf-8")


def restore(weak):
    for change in weak.changes:
        shutil.copyfile(ROOT / change.path, TREE / change.path)


def catches(weak):
    """The tests that notice the weakness."""
    apply(weak)
    try:
        build(sorted({program for program, _ in weak.tests} | {"crux"}))
        return [name for program, name in weak.tests if test(program, name).failed]
    finally:
        restore(weak)


def try_all(chosen):
    TREE.mkdir(parents=True, exist_ok=True)
    copy_tree()
    code, text = run(["cmake", "--preset", "release"], BUILD_SECONDS)
    if code != 0:
        raise RuntimeError(text)
    build(sorted({program for weak in chosen for program, _ in weak.tests} | {"crux"}))
    for program, name in sorted({test for weak in chosen for test in weak.tests}):
        done = test(program, name)
        if done.failed:
            raise RuntimeError(f"{program}: {name}: fails without a weakness:\n{done.text[-4000:]}")
    survived = 0
    for weak in chosen:
        found = catches(weak)
        survived += not found
        print(f"{'caught  ' if found else 'SURVIVED'} {weak.name}: {', '.join(found) or 'no test failed'}", flush=True)
    build(["crux"])
    print(f"{len(chosen) - survived} caught, {survived} survived")
    return 1 if survived else 0


def main():
    words = sys.argv[1:]
    if words == ["--list"]:
        for weak in WEAKNESSES:
            print(f"{weak.name}: {weak.claim}")
        return 0
    if words == ["--check"]:
        found = list(faults(ROOT))
        print("\n".join([*found, f"{len(WEAKNESSES)} weaknesses, {len(found)} faults"]))
        return 1 if found else 0
    unknown = [word for word in words if not any(fnmatch.fnmatch(weak.name, word) for weak in WEAKNESSES)]
    if unknown:
        print(f"unknown weakness: {' '.join(unknown)}\n\n{__doc__}", file=sys.stderr)
        return 2
    return try_all([weak for weak in WEAKNESSES
                    if not words or any(fnmatch.fnmatch(weak.name, word) for word in words)])


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Tests the checks of tests/lint.sh: adds violations to a copy of the tree and verifies that exactly the expected check
fails and reports the place. The unchanged copy passes.

usage: test.py SOURCE-DIRECTORY
"""

import contextlib
import io
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import main as lint
import plants
import sources

# External programs are slow on the whole tree. These checks, and those that read a build, are tested on small trees.
ELSEWHERE = ("format", "shellcheck", "clang-tidy", "dead-code", "hardening")
QUICK = [name for name in lint.NAMES if name not in ELSEWHERE]


def copy(source, directory):
    tree = sources.Tree(source)
    for path in tree.all:
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / path, directory / path)
        shutil.copymode(source / path, directory / path)


def run(root, names):
    """(exit status, {failed check: its lines})"""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        code = lint.main(["--root", str(root), "--only", ",".join(names)])
    return code, failures(output.getvalue())


def failures(output):
    failed = {}
    for line in output.splitlines():
        if line.startswith("FAIL "):
            current = failed.setdefault(line.split()[1].rstrip(":"), [])
        elif line.startswith("    "):
            current.append(line.strip())
    return failed


@contextlib.contextmanager
def planted(root, plant):
    path = root / plant.path
    before = path.read_text() if path.exists() else None
    made = not path.parent.exists()
    path.parent.mkdir(exist_ok=True)
    if plant.instead_of:
        if plant.instead_of not in before:
            raise SystemExit(f"{plant.path}: has no {plant.instead_of!r} in whose place to plant")
        path.write_text(before.replace(plant.instead_of, plant.text, 1))
    else:
        path.write_text((before or "") + plant.text)
    try:
        yield
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before)
        if made:
            path.parent.rmdir()


def faults_of_plants_together(root, chosen):
    """Each file must be reported by the expected check and by no other."""
    with contextlib.ExitStack() as stack:
        for plant in chosen:
            stack.enter_context(planted(root, plant))
        failed = run(root, QUICK)[1]
    faults = []
    for plant in chosen:
        checks = [name for name, lines in failed.items() if any(line.startswith(f"{plant.path}:") for line in lines)]
        if checks != [plant.check]:
            faults.append(f"{plant.path}: {plant.text!r}: expected that {plant.check} fails; failed: {checks}")
    strangers = {line for lines in failed.values() for line in lines} - {
        line for lines in failed.values() for line in lines if line.split(":")[0] in {plant.path for plant in chosen}}
    return faults + [f"not planted: {line}" for line in sorted(strangers)]


def faults_of_plant(root, plant):
    with planted(root, plant):
        code, failed = run(root, QUICK)
    what = f"{plant.path}: {plant.text[-60:]!r}"
    place = plant.place or plant.path
    if code == 0 or list(failed) != [plant.check]:
        return [f"{what}: expected that {plant.check} fails; exit status {code}, failed: {failed}"]
    if not any(place in line for line in failed[plant.check]):
        return [f"{what}: {plant.check} does not name {place}: {failed[plant.check]}"]
    return []


def faults_of_excuse(root):
    """An exception with a reason applies to its statement and to no other."""
    path = root / "runtime/hooks/planted.cc"
    allow = "// lint: " "allow no-sleep: the kernel offers"
    faults = []
    for text, expected in ((f"    usleep(1);  {allow} nothing", []),
                           (f"    {allow}\n    // nothing to wait on.\n    usleep(1);", []),
                           (f"    {allow} nothing\n    usleep(1);\n    usleep(2);", ["no-sleep"])):
        path.write_text(f"void planted() {{\n{text}\n}}\n")
        failed = list(run(root, ["no-sleep", "allows"])[1])
        if failed != expected:
            faults.append(f"{text!r}: failed: {failed}, expected {expected}")
    path.unlink()
    return faults


def faults_of_directories(root):
    """Each directory has planted includes, and a missing directory is an error."""
    faults = [f"{directory}: no forbidden include is planted: add some to plants.py"
              for directory in sources.Tree(root).directories if directory not in plants.INCLUDES]
    gone = root / "runtime/resctrl"
    gone.rename(root / "build")  # which no check reads
    if "layering" not in run(root, ["layering"])[1]:
        faults.append("runtime/resctrl is gone, and layering passes")
    (root / "build").rename(gone)
    bundles = root / "bundles"
    bundles.rename(root / "build")
    if run(root, ["no-todo"])[1] != {"no-todo": ["bundles: no such directory; correct the list of the check"]}:
        faults.append("bundles is gone, and no-todo passes")
    (root / "build").rename(bundles)
    return faults


def small_tree(directory):
    for path in ("oci-spec", "runtime/base", "cmd/crux", "tests", "bundles"):
        (directory / path).mkdir(parents=True)
        (directory / path / "clean.cc").write_text("int clean;\n")
    (directory / "clean.sh").write_text("#!/bin/bash\necho clean\n")


def faults_of_tools(directory, source):
    small_tree(directory)
    shutil.copyfile(source / ".clang-format", directory / ".clang-format")
    (directory / "build").mkdir()
    (directory / "build/compile_commands.json").write_text("[]\n")
    faults = []

    def see(names, build, expected):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            lint.main(["--root", str(directory), "--only", ",".join(names), *build])
        failed = failures(output.getvalue())
        if list(failed) != list(expected) or any(words not in "\n".join(failed[name])
                                                 for name, words in expected.items()):
            faults.append(f"{names}: failed: {failed}, expected {expected}")

    see(["format", "shellcheck"], [], {})
    (directory / "cmd/crux/planted.cc").write_text("int   planted ;\n")
    (directory / "planted").write_text("#!/bin/bash\necho $1\n")
    see(["format", "shellcheck"], [], {"format": "cmd/crux/planted.cc", "shellcheck": "planted:2:"})
    (directory / ".clang-format").write_text("NoSuchOption: 1\n")
    see(["format"], [], {"format": "clang-format-19 exited with status"})
    # A build that knows none of the sources, and none at all.
    see(["clang-tidy"], [str(directory / "build")], {"clang-tidy": "found no source"})
    see(["clang-tidy"], [str(directory / "cmd")], {"clang-tidy": "no compile_commands.json"})
    return faults


def faults_of_dead_code(directory):
    objects = directory / "build"
    for path, text in plants.COMPILED.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text)
    for path in plants.COMPILED:
        if path.endswith(".cc"):
            above, _, name = path.rpartition("/")
            # CMake compiles unit tests in tests/.
            made_for = "tests" if sources.is_test(path) else above
            target = objects / made_for / "CMakeFiles/planted.dir" / f"{name}.o"
            target.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["c++", "-std=c++20", "-O2", "-I", directory, "-c", directory / path, "-o", target], check=True,
                           timeout=60)
    for name in sources.EVERY:
        (directory / name).mkdir(exist_ok=True)

    def found():
        with contextlib.redirect_stdout(io.StringIO()) as output:
            lint.main(["--root", str(directory), "--only", "dead-code", str(objects)])
        return failures(output.getvalue()).get("dead-code", [])

    faults = []
    lines = found()
    if len(lines) != len(plants.DEAD) or not all(line.startswith(place) for line, place in zip(lines, plants.DEAD)):
        faults.append(f"dead-code: {lines}, expected {plants.DEAD}")
    (directory / "oci-spec/lib.cc").touch()
    if "is newer than its object" not in "".join(found()):
        faults.append("a source that is newer than its object: dead-code passes")
    (directory / "cmd/crux/unbuilt.cc").write_text("")
    if "cmd/crux/unbuilt.cc" not in "".join(found()):
        faults.append("a source without an object: dead-code passes")
    return faults


def link(directory, path, words):
    """Links a small program with these options."""
    subprocess.run(["cc", "-x", "c", *words, "-o", directory / "build" / path, "-"], input=plants.PROGRAM, text=True,
                   check=True, timeout=60)


def compile_object(directory, words):
    build = directory / "build"
    target = build / "runtime/base/CMakeFiles/planted.dir/one.cc.o"
    target.parent.mkdir(parents=True, exist_ok=True)
    source = directory / "runtime/base/one.cc"
    command = ["c++", *words, "-c", str(source), "-o", str(target)]
    subprocess.run(command, check=True, timeout=60)
    (build / "compile_commands.json").write_text(json.dumps([{"command": " ".join(command)}]))


def faults_of_hardening(directory):
    """Each property that a program or an object does not have is found, and a hardened build passes."""
    for name in (*sources.EVERY, "runtime/base", "build/runtime/init"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    (directory / "runtime/base/one.cc").write_text(plants.UNIT)
    (directory / "build/CMakeCache.txt").write_text("CRUX_SYSTEMD:BOOL=OFF\nCMAKE_BUILD_TYPE:STRING=Release\n")

    def found():
        with contextlib.redirect_stdout(io.StringIO()) as output:
            lint.main(["--root", str(directory), "--only", "hardening", str(directory / "build")])
        return failures(output.getvalue()).get("hardening", [])

    for name, words in plants.HARDENED.items():
        link(directory, name, words)
    compile_object(directory, plants.HARDENED_UNIT)
    faults = [f"hardening: a hardened build fails: {found()}"] if found() else []
    for name, without, instead, expected in plants.UNPROTECTED:
        link(directory, name, [*(word for word in plants.HARDENED[name] if word not in without), *instead])
        if not any(line.startswith(f"{name}: ") and expected in line for line in found()):
            faults.append(f"hardening: {name} with {instead}: {found()}, expected {expected!r}")
        link(directory, name, plants.HARDENED[name])
    for without, instead, expected in plants.UNPROTECTED_UNITS:
        compile_object(directory, [*(word for word in plants.HARDENED_UNIT if word not in without), *instead])
        if expected not in "".join(found()):
            faults.append(f"hardening: a source without {without}: {found()}, expected {expected!r}")
    compile_object(directory, plants.HARDENED_UNIT)
    (directory / "build/crux-net").unlink()
    if "has no crux-net" not in "".join(found()):
        faults.append("hardening: crux-net does not exist, and hardening passes")
    return faults


def faults_of_conformance(root):
    faults = []
    for script, page, text, instead_of, expected in plants.CONFORMANCE:
        words = ["list", root / page] if script == "examples.py" else [root]
        with planted(root, plants.Plant("", page, text, instead_of)):
            done = subprocess.run([sys.executable, "-B", root / "tests/conformance" / script, *words], capture_output=True,
                                  text=True, timeout=60, check=False)
        if done.returncode == 0 or expected not in done.stdout + done.stderr:
            faults.append(f"{script}, {page}: {text!r}: exit status {done.returncode}, expected {expected!r}: "
                          f"{done.stdout[-300:]}")
    return faults


def faults_of_command(root):
    """The last line, the exit status, and the error for an unknown check."""
    command = [root / "tests/lint.sh", "--only"]
    faults = []
    for words, code, last in (("no-fork,layering", 0, "2 passed, 0 failed"), ("no-such-check", 2, "")):
        done = subprocess.run([*command, words], capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != code or done.stdout.splitlines()[-1:] != ([last] if last else []):
            faults.append(f"lint.sh --only {words}: exit status {done.returncode}, {done.stdout!r}")
    with planted(root, plants.Plant("no-fork", "runtime/hooks/planted.cc", plants.body("fork();"))):
        done = subprocess.run([*command, "no-fork,layering"], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 1 or not re.search(r"^FAIL no-fork: .*\n    runtime/hooks/planted\.cc:2: fork\(\);\n"
                                             r"ok layering\n1 passed, 1 failed\n$", done.stdout):
        faults.append(f"lint.sh with a fault: exit status {done.returncode}, {done.stdout!r}")
    return faults


def main():
    source = pathlib.Path(sys.argv[1]).resolve()
    chosen = [*plants.together(), *plants.ALONE]
    faults = [f"{name}: no violation is planted: add one to plants.py"
              for name in QUICK if name not in {plant.check for plant in chosen}]
    faults += [f"{header}: is planted as an include and does not exist" for headers in plants.INCLUDES.values()
               for header in headers if not (source / header).exists()]
    with tempfile.TemporaryDirectory(prefix="crux-lint-") as directory:
        root = pathlib.Path(directory) / "tree"
        copy(source, root)
        code, failed = run(root, QUICK)
        if code != 0:
            print("the unchanged tree fails:", failed)
            return 1
        faults += faults_of_plants_together(root, list(plants.together()))
        for plant in plants.ALONE:
            faults += faults_of_plant(root, plant)
        faults += faults_of_excuse(root) + faults_of_directories(root) + faults_of_command(root)
        faults += faults_of_conformance(root)
        faults += faults_of_tools(pathlib.Path(directory) / "small", source)
        faults += faults_of_dead_code(pathlib.Path(directory) / "compiled")
        faults += faults_of_hardening(pathlib.Path(directory) / "linked")
    print(*faults, sep="\n", end="\n" if faults else "")
    print(f"{len(chosen)} plants, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Sees every check of tests/lint.sh fail: plants one violation after another into a copy of the tree, and looks that
exactly the check of it fails and names the place. The copy as it is passes.

usage: test.py SOURCE-FOLDER
"""

import contextlib
import io
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import main as lint
import plants
import sources

# Programs of others are slow on a whole tree, and are tried on small ones, as is what reads a build.
ELSEWHERE = ("format", "shellcheck", "clang-tidy", "dead-code")
QUICK = [name for name in lint.NAMES if name not in ELSEWHERE]


def copy(source, folder):
    tree = sources.Tree(source)
    for path in tree.all:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / path, folder / path)
        shutil.copymode(source / path, folder / path)


def run(root, names):
    """(exit code, {failed check: its lines})"""
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
    """Each file is named by the check of its plant, and by no other."""
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
    return faults + [f"nothing is planted there: {line}" for line in sorted(strangers)]


def faults_of_plant(root, plant):
    with planted(root, plant):
        code, failed = run(root, QUICK)
    what = f"{plant.path}: {plant.text[-60:]!r}"
    place = plant.place or plant.path
    if code == 0 or list(failed) != [plant.check]:
        return [f"{what}: expected that {plant.check} fails; exit code {code}, failed: {failed}"]
    if not any(place in line for line in failed[plant.check]):
        return [f"{what}: {plant.check} does not name {place}: {failed[plant.check]}"]
    return []


def faults_of_excuse(root):
    """An excuse with a reason holds for its line, and for no other."""
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


def faults_of_folders(root):
    """Each folder has planted includes, and a folder that goes is noticed."""
    faults = [f"{folder}: no forbidden include is planted in it: add some to plants.py"
              for folder in sources.Tree(root).folders if folder not in plants.INCLUDES]
    gone = root / "runtime/resctrl"
    gone.rename(root / "build")  # which no check reads
    if "layering" not in run(root, ["layering"])[1]:
        faults.append("runtime/resctrl is gone, and layering passes")
    (root / "build").rename(gone)
    bundles = root / "bundles"
    bundles.rename(root / "build")
    if run(root, ["no-todo"])[1] != {"no-todo": ["bundles: no such folder: correct the list of the check"]}:
        faults.append("bundles is gone, and no-todo passes")
    (root / "build").rename(bundles)
    return faults


def small_tree(folder):
    for path in ("oci-spec", "runtime/base", "cmd/crux", "tests", "bundles"):
        (folder / path).mkdir(parents=True)
        (folder / path / "clean.cc").write_text("int clean;\n")
    (folder / "clean.sh").write_text("#!/bin/bash\necho clean\n")


def faults_of_tools(folder, source):
    small_tree(folder)
    shutil.copyfile(source / ".clang-format", folder / ".clang-format")
    (folder / "build").mkdir()
    (folder / "build/compile_commands.json").write_text("[]\n")
    faults = []

    def see(names, build, expected):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            lint.main(["--root", str(folder), "--only", ",".join(names), *build])
        failed = failures(output.getvalue())
        if list(failed) != list(expected) or any(words not in "\n".join(failed[name])
                                                 for name, words in expected.items()):
            faults.append(f"{names}: failed: {failed}, expected {expected}")

    see(["format", "shellcheck"], [], {})
    (folder / "cmd/crux/planted.cc").write_text("int   planted ;\n")
    (folder / "planted").write_text("#!/bin/bash\necho $1\n")
    see(["format", "shellcheck"], [], {"format": "cmd/crux/planted.cc", "shellcheck": "planted:2:"})
    (folder / ".clang-format").write_text("NoSuchOption: 1\n")
    see(["format"], [], {"format": "clang-format-19 ended with"})
    # A build that knows none of the sources, and none at all.
    see(["clang-tidy"], [str(folder / "build")], {"clang-tidy": "found no source"})
    see(["clang-tidy"], [str(folder / "cmd")], {"clang-tidy": "no compile_commands.json"})
    return faults


def faults_of_dead_code(folder):
    objects = folder / "build"
    for path, text in plants.COMPILED.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    for path in plants.COMPILED:
        if path.endswith(".cc"):
            above, _, name = path.rpartition("/")
            # The tests beside the code are compiled for tests/.
            made_for = "tests" if sources.is_test(path) else above
            target = objects / made_for / "CMakeFiles/planted.dir" / f"{name}.o"
            target.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["c++", "-std=c++20", "-O2", "-I", folder, "-c", folder / path, "-o", target], check=True,
                           timeout=60)
    for name in sources.EVERY:
        (folder / name).mkdir(exist_ok=True)

    def found():
        with contextlib.redirect_stdout(io.StringIO()) as output:
            lint.main(["--root", str(folder), "--only", "dead-code", str(objects)])
        return failures(output.getvalue()).get("dead-code", [])

    faults = []
    lines = found()
    if len(lines) != len(plants.DEAD) or not all(line.startswith(place) for line, place in zip(lines, plants.DEAD)):
        faults.append(f"dead-code: {lines}, expected {plants.DEAD}")
    (folder / "cmd/crux/unbuilt.cc").write_text("")
    if "cmd/crux/unbuilt.cc" not in "".join(found()):
        faults.append("a source without an object: dead-code passes")
    return faults


def faults_of_command(root):
    """What others read: the last line, the exit code, and that a name without a check is refused."""
    command = [root / "tests/lint.sh", "--only"]
    faults = []
    for words, code, last in (("no-fork,layering", 0, "2 passed, 0 failed"), ("no-such-check", 2, "")):
        done = subprocess.run([*command, words], capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != code or done.stdout.splitlines()[-1:] != ([last] if last else []):
            faults.append(f"lint.sh --only {words}: exit code {done.returncode}, {done.stdout!r}")
    with planted(root, plants.Plant("no-fork", "runtime/hooks/planted.cc", plants.body("fork();"))):
        done = subprocess.run([*command, "no-fork,layering"], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 1 or not re.search(r"^FAIL no-fork: .*\n    runtime/hooks/planted\.cc:2: fork\(\);\n"
                                             r"ok layering\n1 passed, 1 failed\n$", done.stdout):
        faults.append(f"lint.sh with a fault: exit code {done.returncode}, {done.stdout!r}")
    return faults


def main():
    source = pathlib.Path(sys.argv[1]).resolve()
    chosen = [*plants.together(), *plants.ALONE]
    faults = [f"{name}: no violation of it is planted: add one to plants.py"
              for name in QUICK if name not in {plant.check for plant in chosen}]
    faults += [f"{header}: is planted as an include, and there is none" for headers in plants.INCLUDES.values()
               for header in headers if not (source / header).exists()]
    with tempfile.TemporaryDirectory(prefix="crux-lint-") as folder:
        root = pathlib.Path(folder) / "tree"
        copy(source, root)
        code, failed = run(root, QUICK)
        if code != 0:
            print("the tree does not pass as it is:", failed)
            return 1
        faults += faults_of_plants_together(root, list(plants.together()))
        for plant in plants.ALONE:
            faults += faults_of_plant(root, plant)
        faults += faults_of_excuse(root) + faults_of_folders(root) + faults_of_command(root)
        faults += faults_of_tools(pathlib.Path(folder) / "small", source)
        faults += faults_of_dead_code(pathlib.Path(folder) / "compiled")
    print(*faults, sep="\n", end="\n" if faults else "")
    print(f"{len(chosen)} plants, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

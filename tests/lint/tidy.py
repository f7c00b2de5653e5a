"""Runs clang-tidy on all sources but tests, whose Catch2 macros have findings.

clang-tidy spends most of its time in the headers that every source includes. So the sources of a directory that have the
same compile options are concatenated to one file, build/tidy/N.cc. It is clang-tidy's main file, so no check sees less than
in a separate source. Findings are reported at their places in the sources. Two sources that the compiler does not accept in
one file, because their anonymous namespaces have a name in common, are in different files.
The static analyzer reads each source separately: it follows calls, and would follow them from source to source in orders that
no plan has.
"""

import json
import os
import re
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor

from sources import Fault

CHECKED = re.compile(r"(cmd|oci-spec|runtime|tests/support)/.*(?<!_test)\.cc$")
# The time limit for one run of a compiler or of clang-tidy.
SECONDS = 900
# Concatenated sources include the same headers. tests/lint checks each source for duplicate-include.
TOGETHER = ["--checks=-readability-duplicate-include"]
FINDING = re.compile(r"(/[^:\n]*):(\d+):(\d+: (?:fatal )?(?:error|warning): .*)$")
SHADOWED = re.compile(r"(/[^:\n]*):(\d+):\d+: note: previous declaration is here$")
REDEFINED = re.compile(r"redefinition of '.*?(\w+)( \[\d*\])?'$")


class Unit:
    """Sources with the same compile options in one file."""

    def __init__(self, tree, path, options, directory):
        self.tree, self.path, self.options, self.directory = tree, path, options, directory
        self.sources, self.begins, self.new_names = [], [], {}

    def write(self, sources):
        self.sources, self.begins, begin = sources, [], 1
        with open(self.path, "w", encoding="utf-8") as out:
            for source in sources:
                text = self.text(source)
                out.write(text)
                self.begins.append(begin)
                begin += text.count("\n")

    def text(self, source):
        text = self.tree.read(source)
        for name, new in self.new_names.get(source, {}).items():
            text = re.sub(rf"\b{name}\b", new, text)
        return text if text.endswith("\n") else text + "\n"

    def rename(self, source, name):
        """Renames a constant in the source because another source has it too. False if it is not a constant."""
        names = self.new_names.setdefault(source, {})
        if not re.fullmatch(r"k[A-Z]\w*", name) or name in names:
            return False
        names[name] = f"{name}{self.sources.index(source)}"
        return True

    def place(self, path, line):
        """(file, line in it) of a place that a compiler reports."""
        if path != str(self.path):
            return os.path.relpath(path, self.tree.root), line
        at = max(i for i, begin in enumerate(self.begins) if begin <= line)
        return self.sources[at], line - self.begins[at] + 1

    def errors(self):
        """[(source, message)…] of the build's compiler."""
        _, lines = run([*self.options, "-w", "-fsyntax-only", str(self.path)], self.directory)
        found = (re.match(r"(/[^:]*):(\d+):\d+: (?:fatal )?error: (.*)", line) for line in lines)
        return [(self.place(error[1], int(error[2]))[0], error[3]) for error in found if error]

    def findings(self):
        config = config_of(self.tree, self.sources[0])
        together = TOGETHER if len(self.sources) > 1 else []
        code, lines = run(["clang-tidy-19", "--quiet", f"--config-file={config}", *together, str(self.path), "--",
                           *self.options[1:]], self.directory)
        found = [(number, FINDING.match(line)) for number, line in enumerate(lines) if FINDING.match(line)]
        if code != 0 and not found:
            raise Fault("\n".join([f"clang-tidy-19 exited with status {code}: {' '.join(self.sources)}", *lines[-5:]]))
        return [f"{path}:{line}:{finding[3]}" for number, finding in found
                for path, line in [self.place(finding[1], int(finding[2]))]
                if not ("[clang-diagnostic-shadow" in finding[3] and self.is_foreign(path, lines[number + 1:]))]

    def is_foreign(self, path, lines):
        """True if the shadowed declaration is in another source, so that it does not exist when this one is compiled."""
        note = next((note for note in map(SHADOWED.match, lines) if note), None)
        return note is not None and note[1] == str(self.path) and self.place(note[1], int(note[2]))[0] != path


def run(words, directory):
    """(exit status, lines of both outputs)"""
    try:
        done = subprocess.run(words, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=SECONDS, check=False,
                              env={**os.environ, "LC_ALL": "C"})
    except FileNotFoundError as fault:
        raise Fault(f"{words[0]} is not installed") from fault
    except subprocess.TimeoutExpired as fault:
        raise Fault(f"{words[0]} did not finish within {SECONDS} seconds") from fault
    return done.returncode, done.stdout.splitlines()


def config_of(tree, source):
    directory = os.path.dirname(source)
    while directory and not (tree.root / directory / ".clang-tidy").exists():
        directory = os.path.dirname(directory)
    return tree.root / directory / ".clang-tidy"


def groups(tree, build):
    """{(directory, compile options, working directory): its sources}"""
    if not (build / "compile_commands.json").is_file():
        raise Fault(f"{build}: no compile_commands.json")
    found, seen = {}, set()
    for command in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        path = os.path.relpath(command["file"], tree.root)
        if path in seen or not CHECKED.match(path):
            continue
        seen.add(path)
        words = shlex.split(command["command"])
        if os.path.basename(words[0]) == "ccache":
            del words[0]
        del words[words.index("-o"):words.index("-o") + 2]
        options = tuple(word for word in words if word not in ("-c", command["file"]))
        found.setdefault((os.path.dirname(path), options, command["directory"]), []).append(path)
    if not found:
        raise Fault(f"{build / 'compile_commands.json'}: found no source")
    return found


def divide(tree, prefix, options, directory, sources):
    """The sources in as few units as the compiler accepts."""
    units, left = [], sorted(sources)
    is_analyzed = "'clang-analyzer-*'" in config_of(tree, left[0]).read_text(encoding="utf-8")
    while left:
        unit = Unit(tree, f"{prefix}-{len(units)}.cc", options, directory)
        units.append(unit)
        together, left = (left[:1], left[1:]) if is_analyzed else (left, [])
        unit.write(together)
        while len(together) > 1 and (errors := unit.errors()):
            moved = conflicting(unit, errors)
            left += [source for source in together if source in moved]
            together = [source for source in together if source not in moved]
            unit.write(together)
    return units


def conflicting(unit, errors):
    """The sources that must go to another unit. Constants are renamed instead."""
    moved, renamed = set(), False
    for source, message in errors:
        name = REDEFINED.search(message)
        if name and unit.rename(source, name[1]):
            renamed = True
        else:
            moved.add(source)
    moved.discard(unit.sources[0])
    return moved if moved & set(unit.sources) or renamed else {unit.sources[-1]}


def check(tree, build):
    (build / "tidy").mkdir(exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        divided = [pool.submit(divide, tree, build / "tidy" / str(number), options, directory, sources)
                   for number, ((_, options, directory), sources) in enumerate(groups(tree, build).items())]
        units = [unit for each in divided for unit in each.result()]
        # The largest first, or it runs alone at the end.
        units.sort(key=lambda unit: os.path.getsize(unit.path), reverse=True)
        found = {line for lines in pool.map(Unit.findings, units) for line in lines}
    yield from sorted(found)

"""Runs clang-tidy on all sources but tests, whose Catch2 macros have findings.

clang-tidy spends most of its time in the headers that every source includes. So the sources of a directory that have the
same compile options are concatenated to one file, build/tidy/N.cc. It is clang-tidy's main file, so no check sees less than
in a separate source. Findings are reported at their places in the sources. Two sources are in different files if a name in
the anonymous namespace of one has a meaning in the other, or if the concatenated sources do not compile.
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
# The static analyzer follows calls. From source to source it would follow them in orders of steps that no plan has.
SEPARATE = ("runtime/init",)
# It includes <filesystem>, whose std::quoted would be preferred to crux's in the other sources.
SEPARATE_WITH = "<nlohmann/json.hpp>"
# Concatenated sources include the same headers. tests/lint checks each source for duplicate-include.
TOGETHER = ["--checks=-readability-duplicate-include"]
FINDING = re.compile(r"(/[^:\n]*):(\d+):(\d+: (?:fatal )?(?:error|warning): .*)$")
SHADOWED = re.compile(r"(/[^:\n]*):(\d+):\d+: note: previous declaration is here$")
# The comment "// namespace" at its end is blanked.
ANONYMOUS = re.compile(r"^namespace \{$(.*?)^\} +$", re.MULTILINE | re.DOTALL)
# A second declaration of the same alias would be unused.
ALIAS = re.compile(r"^namespace (\w+) = ", re.MULTILINE)
# The name that a declaration introduces, without attributes, template arguments and qualifiers before it.
DECLARED = re.compile(r"^(?!static_assert)\w[\w\s*&]*?\b(\w+)\s*(?:\[[^\]]*\]\s*)*[({=;:]", re.MULTILINE)


class Unit:
    """Sources with the same compile options in one file."""

    def __init__(self, tree, path, options, directory):
        self.tree, self.path, self.options, self.directory = tree, path, options, directory
        self.sources, self.begins = [], []
        # Of all sources: the names in anonymous namespaces without constants, the constants, the functions called.
        self.names, self.constants, self.calls = set(), set(), set()
        # {source: {constant: its new name}}. Many sources may have a constant with the same name.
        self.renamed = {}

    def accepts(self, source):
        if any(SEPARATE_WITH in self.tree.read(other) for other in self.sources):
            return False
        names, _, calls = names_of(self.tree.source(source).code)
        return not (names & (self.names | self.calls) or calls & self.names)

    def add(self, source):
        names, constants, calls = names_of(self.tree.source(source).code)
        self.renamed[source] = {name: f"{name}{len(self.sources)}" for name in constants & self.constants}
        self.names |= names
        self.constants |= constants
        self.calls |= calls
        self.sources.append(source)

    def write(self):
        line = 1
        with open(self.path, "w", encoding="utf-8") as out:
            for source in self.sources:
                text = self.tree.read(source)
                for name, new in self.renamed[source].items():
                    text = re.sub(rf"\b{name}\b", new, text)
                text = text if text.endswith("\n") else text + "\n"
                out.write(text)
                self.begins.append(line)
                line += text.count("\n")

    def place(self, path, line):
        """(file, line in it) of a place that a compiler reports."""
        if path != str(self.path):
            return os.path.relpath(path, self.tree.root), line
        at = max(i for i, begin in enumerate(self.begins) if begin <= line)
        return self.sources[at], line - self.begins[at] + 1

    def run(self):
        """(exit status, lines of clang-tidy)"""
        config = config_of(self.tree, self.sources[0])
        together = TOGETHER if len(self.sources) > 1 else []
        return run(["clang-tidy-19", "--quiet", f"--config-file={config}", *together, str(self.path), "--",
                    *self.options[1:]], self.directory)

    def findings(self):
        code, lines = self.run()
        found = [(number, FINDING.match(line)) for number, line in enumerate(lines) if FINDING.match(line)]
        if code != 0 and not found:
            raise Fault("\n".join([f"clang-tidy-19 exited with status {code}: {' '.join(self.sources)}", *lines[-5:]]))
        if len(self.sources) > 1 and any("[clang-diagnostic-error" in finding[3] for _, finding in found):
            middle = len(self.sources) // 2
            return [line for part in (self.sources[:middle], self.sources[middle:]) for line in self.part(part).findings()]
        return [f"{path}:{line}:{finding[3]}" for number, finding in found
                for path, line in [self.place(finding[1], int(finding[2]))]
                if not ("[clang-diagnostic-shadow" in finding[3] and self.is_foreign(path, lines[number + 1:]))]

    def part(self, sources):
        path = f"{self.path[:-len('.cc')]}-{self.sources.index(sources[0])}.cc"
        unit = Unit(self.tree, path, self.options, self.directory)
        for source in sources:
            unit.add(source)
        unit.write()
        return unit

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


def names_of(code):
    """(names in the anonymous namespaces and aliases without constants, these constants, functions that the source calls or declares)"""
    names = set()
    for body in ANONYMOUS.findall(code):
        body = re.sub(r"\[\[.*?\]\] *|\w+::", "", body)
        while (shorter := re.sub(r"<[^<>]*>", "", body)) != body:
            body = shorter
        names.update(DECLARED.findall(body))
    constants = {name for name in names if re.match("k[A-Z]", name)}
    names.update(ALIAS.findall(code))
    return names - constants, constants, set(re.findall(r"(?<![.>:\w])(\w+)\(", code))


def divide(tree, prefix, options, directory, sources):
    """The sources in few units."""
    units = []
    for source in sorted(sources):
        separate = os.path.dirname(source) in SEPARATE or SEPARATE_WITH in tree.read(source)
        unit = next((unit for unit in units if not separate and unit.accepts(source)), None)
        if unit is None:
            unit = Unit(tree, f"{prefix}-{len(units)}.cc", options, directory)
            units.append(unit)
        unit.add(source)
    for unit in units:
        unit.write()
    return units


def check(tree, build):
    (build / "tidy").mkdir(exist_ok=True)
    units = []
    for number, ((_, options, directory), sources) in enumerate(groups(tree, build).items()):
        units += divide(tree, build / "tidy" / str(number), options, directory, sources)
    # The largest first, or it runs alone at the end.
    units.sort(key=lambda unit: os.path.getsize(unit.path), reverse=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = {line for lines in pool.map(Unit.findings, units) for line in lines}
    yield from sorted(found)

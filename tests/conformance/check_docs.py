#!/usr/bin/env python3
"""Checks README.md, CONTRIBUTING.md, docs/ and the READMEs in bundles/: the paths, files, links, presets, targets, labels,
tests, commands and options of crux that they name exist, and the numbers in NUMBERS are correct. In comments of sources,
CMake files and scripts it checks the paths.

usage: check_docs.py SOURCE-DIRECTORY [BUILD-DIRECTORY]

With a build directory it also checks sizes of build results.

It checks words that begin with a directory of the tree ("runtime/sys"), file names and options in backquotes, and command
lines in backquotes and in indented or fenced blocks. <name>, * and {a,b} are placeholders. Absolute paths are not checked.
"""

import fnmatch
import functools
import json
import pathlib
import re
import sys

import check

FENCE = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
SUFFIXES = ("cc", "h", "c", "S", "py", "sh", "md", "txt", "cmake", "json")
# The build directory, which need not exist.
MADE = "build"


class Tree:
    """The names that exist."""

    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        self.paths = {path.relative_to(self.root).as_posix(): path for path in walk(self.root)}
        self.ignored = {line.strip("/") for line in read(self.root / ".gitignore").splitlines()}
        self.tops = {path.split("/")[0] for path in self.paths if "/" in path} | {MADE}
        tops = "|".join(re.escape(top) for top in sorted(self.tops))
        self.path_words = re.compile(rf"(?<![\w./@%~$-])(?:\./)?((?:{tops})/[\w.,*{{}}<>/+-]*)")
        # Without pages: a name that only a page contains does not exist.
        self.words = frozenset().union(*(words_in(read(path)) for path in self.paths.values()
                                         if path.is_file() and path.suffix != ".md"))
        product = "\n".join(read(path) for name, path in self.paths.items()
                            if name.startswith("cmd/crux/") and path.suffix in (".cc", ".h"))
        self.flags = set(re.findall(r'\.name = "([a-z][a-z-]*)"', product)) | {"help", "version"}
        listed = re.search(r"kAll\[\] = \{(.*?)\}", product, re.DOTALL)
        self.commands = {name.lower() for name in re.findall(r"&k(\w+)", listed.group(1))} if listed else set()
        cmake = "\n".join(read(path) for path in self.paths.values()
                          if path.name == "CMakeLists.txt" or path.suffix == ".cmake")
        self.targets = set(re.findall(r"\badd_(?:executable|custom_target)\(\s*([\w-]+)", cmake))
        self.targets |= set(re.findall(r"\bcrux_test_binary\(\s*([\w-]+)", cmake))
        self.targets |= {f"{kind}_tests" for kind in re.findall(r"IN ITEMS ([\w ]+)\)\n    file", cmake)
                         for kind in kind.split()}
        self.labels = set(re.findall(r"\bLABELS? (\w+)", cmake)) | {target.removesuffix("_tests")
                                                                    for target in self.targets}
        presets = json.loads(read(self.root / "CMakePresets.json"))
        self.presets = {preset["name"] for preset in presets["configurePresets"] if not preset.get("hidden")}
        self.ctest = set(re.findall(r"add_test\(\s*NAME ([\w.-]+)", cmake))
        self.tests = {}
        for name, path in self.paths.items():
            if name.endswith("_test.cc"):
                self.tests.setdefault(path.name, set()).update(check.names_in(read(path)))

    def has(self, path):
        """Whether a path exists. It may contain placeholders."""
        path = path.rstrip("/")
        if path in self.ignored:
            return True
        if path.split("/")[0] == MADE:
            return self.makes(path)
        if "*" in path:
            return any(fnmatch.fnmatchcase(name, path) for name in self.paths)
        # A decision may be named by its number.
        return path in self.paths or any(name.startswith(f"{path}-") for name in self.paths
                                         if path.startswith("docs/decisions/"))

    def makes(self, path):
        """Whether the build or a script creates the path: a target of a preset, or a path that a script names."""
        parts = path.split("/")
        if len(parts) == 1 or len(parts) == 2 and parts[1] in self.presets:
            return True
        if len(parts) == 3 and parts[1] in self.presets:
            return parts[2] in self.targets
        return path in self.words or len(parts) > 2 and self.makes("/".join(parts[:-1])) and parts[-1] in self.words


def walk(top):
    for path in sorted(top.iterdir()):
        if path.name in (".git", MADE, "rootfs", "__pycache__"):
            continue
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from walk(path)


def read(path):
    status = path.stat()
    return read_once(path, status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=None)
def read_once(path, _time, _size):
    return path.read_text(encoding="utf-8", errors="replace")


@functools.lru_cache(maxsize=None)
def words_in(text):
    """Words, names of files, paths with their parts, and options."""
    words = set(re.findall(r"[\w./-]+", text))
    made = {word[word.index(f"{MADE}/"):] for word in words if f"{MADE}/" in word}
    return frozenset(words | {part for word in words if "/" in word for part in word.split("/")}
                     | {word.rstrip(".") for word in words} | {"/".join(word.split("/")[:2]) for word in made} | made)


def pages(tree):
    """The pages. CHANGELOG.md is not one of them: it describes the past."""
    return [name for name in tree.paths
            if name in ("README.md", "CONTRIBUTING.md") or (name.startswith("docs/") and name.endswith(".md"))
            or (name.startswith("bundles/") and name.endswith("README.md"))]


def alternatives(word):
    """a{b,c} → ab, ac; <any> → *"""
    word = re.sub(r"<[^>]*>", "*", word)
    found = re.search(r"\{([^{}]*)\}", word)
    if not found:
        return [word]
    return [each for choice in found.group(1).split(",")
            for each in alternatives(word[:found.start()] + choice + word[found.end():])]


def lines_of(text):
    """Yields (line number, line, whether it is code): indented and fenced lines are."""
    fenced = {number for found in FENCE.finditer(text)
              for number in range(text.count("\n", 0, found.start()), text.count("\n", 0, found.end()) + 1)}
    before_blank = True
    indented = False
    for number, line in enumerate(text.split("\n")):
        indented = line.startswith("    ") and (indented or before_blank)
        yield number + 1, line, indented or number in fenced
        before_blank = not line.strip()


def faults_of_paths(tree, line, directory):
    """Words that begin with a directory of the tree."""
    for found in tree.path_words.finditer(line):
        word = found.group(1).rstrip(".,")
        for path in alternatives(word):
            if not tree.has(path) and not (directory and tree.has(f"{directory}/{path}")):
                yield f"{path} does not exist"


def faults_of_names(tree, span):
    """File names without their full path: files of the tree, or files that the sources name."""
    if not re.fullmatch(rf"[\w*<][\w.*<>/-]*\.(?:{'|'.join(SUFFIXES)})", span) or span.split("/")[0] in tree.tops:
        return
    for name in alternatives(span):
        there = any(fnmatch.fnmatchcase(f"/{each}", f"*/{name}") for each in tree.paths)
        if not there and name not in tree.words:
            yield f"no file {name} exists"


def faults_of_command(tree, words):
    """A command line, split into words."""
    while words and (words[0] in ("sudo", "$", "time") or "=" in words[0]):
        words = words[1:]
    if not words:
        return
    program = words[0].rsplit("/", 1)[-1]
    line = " ".join(words)
    for preset in re.findall(r"--preset[ =]([\w-]+)", line):
        if preset not in tree.presets:
            yield f"unknown preset {preset}"
    if program == "cmake":
        for target in re.findall(r"--target ((?:[a-z][\w-]*(?: |$))+)", line):
            yield from (f"unknown target {name}" for name in target.split() if name not in tree.targets)
    if program == "ctest":
        for label in re.findall(r"-LE? ['\"]?([\w|]+)", line):
            yield from (f"unknown test label {name}" for name in label.split("|") if name not in tree.labels)
        for test in re.findall(r"-R ['\"]?([\w.-]+)", line):
            if not any(test in name for name in tree.ctest):
                yield f"unknown test {test}"
    if program == "crux":
        yield from faults_of_crux(tree, words[1:])


def faults_of_crux(tree, words):
    known = words[:1] and words[0].startswith("(")  # a drawing
    for word in words:
        option = re.match(r"--([a-z][a-z-]*)", word)
        if word == "--" or word in ("|", "&&", ";", ">", "#"):
            return
        if option and option.group(1) not in tree.flags:
            yield f"crux has no option --{option.group(1)}"
        if not known and re.fullmatch(r"[a-z]+", word) and previous_takes_none(words, word, tree):
            known = True
            if word not in tree.commands and word != "help":
                yield f"crux has no command {word}"


def previous_takes_none(words, word, tree):
    """Whether the word is not the value of an option before it."""
    place = words.index(word)
    return place == 0 or not words[place - 1].startswith("-") or "=" in words[place - 1] or (
        words[place - 1].lstrip("-") in ("debug", "systemd-cgroup", "strict-resources"))


def faults_of_span(tree, span):
    yield from faults_of_names(tree, span)
    words = span.split()
    option = re.fullmatch(r"--([a-z][a-z-]+)(?:[= ].*)?", span)
    if option:
        if option.group(1) not in tree.flags and f"--{option.group(1)}" not in tree.words:
            yield f"unknown option --{option.group(1)}"
    elif re.fullmatch(r"[a-z]+_tests", span):
        if span not in tree.targets:
            yield f"unknown target {span}"
    elif re.fullmatch(r"(?:callers|conformance|bench|lint)\.[a-z]+", span):
        if span not in tree.ctest and span.split(".")[0] != "callers":
            yield f"unknown test {span}"
    else:
        yield from faults_of_command(tree, words)


def faults_of_tests(tree, line):
    """The text after `some_test.cc`: must be part of the name of a test in it."""
    for name, words in re.findall(r"\| `(\w+_test\.cc)`: ([^|`]+) \|", line):
        if not any(words.strip() in test for test in tree.tests.get(name, ())):
            yield f"{name} has no test {words.strip()!r}"


def slug(heading):
    text = re.sub(r"[`*]", "", heading.lower())
    return re.sub(r" ", "-", re.sub(r"[^\w\- ]", "", text))


def anchors(text):
    return {slug(found) for found in re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)}


def faults_of_links(tree, page, line):
    for target in re.findall(r"\]\(([^)\s]+)\)", SPAN.sub("``", line)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        full = (tree.root / page).parent / path if path else tree.root / page
        if not full.exists():
            yield f"the link {target} is broken"
        elif anchor and anchor not in anchors(read(full)):
            yield f"the link {target} has an unknown anchor"


def faults_of_page(tree, page):
    directory = page.rpartition("/")[0]
    # check.py and check_contract.py check these tables.
    rows = page in ("docs/conformance.md", "docs/contract.md")
    for number, line, code in lines_of(read(tree.paths[page])):
        faults = list(faults_of_paths(tree, SPAN.sub("``", line) if rows and line.startswith("|") else line, directory))
        faults += faults_of_links(tree, page, line)
        if code:
            faults += faults_of_command(tree, line.split("#")[0].split())
        elif not (rows and line.startswith("|")):
            faults += faults_of_tests(tree, line)
            for span in SPAN.findall(line):
                faults += faults_of_span(tree, span)
        yield from (f"{page}:{number}: {fault}" for fault in dict.fromkeys(faults))


def count_lines(tree, *names):
    return sum(read(tree.paths[name]).count("\n") for name in names)


def size_of_init(build):
    return (build / "runtime/init" / "crux-init").stat().st_size / 1000


SECCOMP = "runtime/seccomp"
# Page, pattern of the text with the number, measured value, tolerance as a fraction of the value.
NUMBERS = (
    ("docs/decisions/0008-seccomp-instructions.md", r"Some (\d+) lines of our own",
     lambda tree, _: count_lines(tree, *(f"{SECCOMP}/{name}.{kind}" for name in ("filter", "emit", "conditions")
                                         for kind in ("cc", "h"))), 0.1),
    ("docs/conformance.md", r"(\d+) lines with a MUST", lambda tree, _: count_lines(tree, "tests/conformance/rules.txt"), 0),
    ("CONTRIBUTING.md", r"At most (\d+) lines a function",
     lambda tree, _: int(re.search(r"^LINES = (\d+)$", read(tree.paths["tests/lint/functions.py"]), re.MULTILINE)[1]), 0),
    ("docs/architecture.md", r"about (\d+) KB without a C library", lambda _, build: size_of_init(build), 0.2),
)
BUILT = {"docs/architecture.md"}


def faults_of_numbers(tree, build):
    for page, words, measure, tolerance in NUMBERS:
        found = re.search(words.replace(" ", r"\s+"), read(tree.paths[page]))
        if not found:
            yield f"{page}:1: does not match {words!r}: correct NUMBERS in tests/conformance/check_docs.py"
        elif build or page not in BUILT:
            told, measured = int(found.group(1)), measure(tree, build)
            if abs(told - measured) > tolerance * measured:
                number = read(tree.paths[page]).count("\n", 0, found.start()) + 1
                yield f"{page}:{number}: says {' '.join(found.group().split())!r}; measured: {measured:.0f}"


COMMENTS = {".cc": "//", ".h": "//", ".c": "//", ".S": "//", ".txt": "#", ".cmake": "#", ".sh": "#", ".py": "#"}


@functools.lru_cache(maxsize=None)
def comments_with_paths(text, sign):
    return [(text.count("\n", 0, found.start()) + 1, found.group().strip())
            for found in re.finditer(rf"(?:^|[ \t]){sign}.*/.*$", text, re.MULTILINE)]


def faults_of_comments(tree):
    """Paths in comments of sources, CMake files and scripts."""
    for name, path in tree.paths.items():
        sign = COMMENTS.get(path.suffix)
        if sign is None or not path.is_file():
            continue
        for number, comment in comments_with_paths(read(path), sign):
            for fault in faults_of_paths(tree, comment, name.rpartition("/")[0]):
                yield f"{name}:{number}: {fault}"


def faults(source, build=None):
    tree = Tree(source)
    for page in pages(tree):
        yield from faults_of_page(tree, page)
    yield from faults_of_comments(tree)
    yield from faults_of_numbers(tree, build)


def main():
    found = list(faults(sys.argv[1], pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None))
    print(*found, sep="\n", end="\n" if found else "")
    count = len(pages(Tree(sys.argv[1])))
    print(f"{count} pages, {len(found)} faults")
    return 1 if found or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())

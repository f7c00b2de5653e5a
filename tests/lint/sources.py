"""The files of the tree, and their text without comments and strings."""

import dataclasses
import functools
import pathlib
import re

PRODUCT = ("oci-spec", "runtime", "cmd")
EVERY = (*PRODUCT, "tests", "bundles")
# Directories of generated files: of git, the build, bundles/make-rootfs.sh and python.
MADE = (".git", "build", "rootfs", "__pycache__")
SUFFIXES = (".cc", ".h", ".c", ".S")
ALLOW = re.compile(r"lint: allow ([a-z-]+)(: *\S)?")
# Comments and literals. An apostrophe between digits is a separator.
NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)
INCLUDE = re.compile(r"^[ \t]*#[ \t]*(?:include|include_next|embed)\b[ \t]*(.*)$", re.MULTILINE)


class Fault(Exception):
    """The check could not run. It counts as failed."""


@dataclasses.dataclass(frozen=True)
class Allow:
    """A comment "lint: allow NAME: reason". It applies to its line; if the line has no code, to the next statement up to
    its end or to the start of its block."""
    line: int
    name: str
    has_reason: bool
    excuses: range  # lines


@dataclasses.dataclass(frozen=True, eq=False)  # parse makes one of each text
class Source:
    path: str  # from the root of the tree
    text: str
    code: str  # the text, comments and the contents of strings blanked; line for line the same
    allows: tuple

    @functools.cached_property
    def includes(self):
        """(line, what is included: "path", <path>, or a macro)…"""
        return [(self.text.count("\n", 0, found.start()) + 1, found.group(1).strip())
                for found in INCLUDE.finditer(without_comments(self.text))]


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def blanked(found):
    text = found.group()
    if text.startswith("/"):
        return blank(text)
    if text.startswith("R"):
        return '""' + blank(text[2:])
    return text[0] + " " * (len(text) - 2) + text[-1]


def without_comments(text):
    return NOT_CODE.sub(lambda found: blank(found.group()) if found.group().startswith("/") else found.group(), text)


def read_allows(text, code):
    code_lines = code.split("\n")
    for number, line in enumerate(text.split("\n"), 1):
        found = ALLOW.search(line)
        if not found:
            continue
        first = number
        while first < len(code_lines) and not code_lines[first - 1].strip():
            first += 1
        last = first
        while first != number and last < len(code_lines) and not re.search(r"[;{]", code_lines[last - 1]):
            last += 1
        yield Allow(number, found.group(1), found.group(2) is not None, range(first, last + 1))


@functools.lru_cache(maxsize=None)
def parse(path, text):
    code = NOT_CODE.sub(blanked, text)
    return Source(path, text, code, tuple(read_allows(text, code)))


class Tree:
    """All files below a root except generated ones."""

    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        if not self.root.is_dir():
            raise Fault(f"{root}: no such directory")
        self.all = dict.fromkeys(path.relative_to(self.root).as_posix() for path in walk(self.root))
        self.texts = {}

    @functools.lru_cache(maxsize=None)
    def files(self, *directories):
        """The files below the directories. Each must exist."""
        found = []
        for directory in directories:
            if not (self.root / directory).is_dir():
                raise Fault(f"{directory}: no such directory; correct the list of the check")
            found += [path for path in self.all if directory == "." or path.startswith(directory + "/")]
        return sorted(found)

    @functools.lru_cache(maxsize=None)
    def sources(self, *directories):
        """The sources below the directories. There must be some."""
        found = [path for path in self.files(*directories) if path.endswith(SUFFIXES)]
        if not found:
            raise Fault(f"no source in {', '.join(directories)}")
        return [self.source(path) for path in found]

    def product(self, *directories):
        """The sources without unit tests."""
        return [source for source in self.sources(*directories) if not is_test(source.path)]

    @functools.cached_property
    def directories(self):
        """The directories of the product that have sources: oci-spec, and the subdirectories of runtime and cmd."""
        return sorted({"/".join(source.path.split("/")[:1 if top == "oci-spec" else 2])
                       for top in PRODUCT for source in self.sources(top)})

    def source(self, path):
        return parse(path, self.read(path))

    def read(self, path):
        if path not in self.texts:
            try:
                self.texts[path] = (self.root / path).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as fault:
                raise Fault(f"{path}: {fault}") from fault
        return self.texts[path]


def walk(top):
    for path in sorted(top.iterdir()):
        if path.is_dir() and not path.is_symlink():
            if path.name not in MADE:
                yield from walk(path)
        elif path.is_file():
            yield path


def is_test(path):
    return path.endswith(("_test.cc", "_test.h"))

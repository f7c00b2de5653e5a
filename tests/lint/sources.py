"""The sources as the checks see them: which files there are, and their text without comments and strings."""

import dataclasses
import functools
import pathlib
import re

SUFFIXES = (".cc", ".h", ".c", ".S")
ALLOW = re.compile(r"lint: allow ([a-z-]+)(: *\S)?")
# What is not code, in the order in which it is tried. An apostrophe between digits separates digits.
NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)
INCLUDE = re.compile(r"^[ \t]*#[ \t]*(?:include|include_next|embed)\b[ \t]*(.*)$", re.MULTILINE)


class Fault(Exception):
    """The check could not be made; it has failed."""


@dataclasses.dataclass(frozen=True)
class Allow:
    """A comment "lint: allow NAME: reason" excuses its own line, or the next line of code if it stands alone."""
    line: int
    name: str
    has_reason: bool
    excuses: int  # the line


@dataclasses.dataclass(frozen=True)
class Source:
    path: str  # from the root of the tree
    text: str
    code: str  # the text, comments and the contents of strings blanked; line for line the same
    allows: tuple

    def lines(self):
        return enumerate(self.code.split("\n"), 1)

    def includes(self):
        """Yields (line, what is included: "path", <path>, or a macro)."""
        for found in INCLUDE.finditer(without_comments(self.text)):
            yield self.text.count("\n", 0, found.start()) + 1, found.group(1).strip()


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
        excuses = number
        # Alone on its line it stands above the code, with more of the comment between them at most.
        while excuses < len(code_lines) and not code_lines[excuses - 1].strip():
            excuses += 1
        yield Allow(number, found.group(1), found.group(2) is not None, excuses)


@functools.lru_cache(maxsize=None)
def parse(path, text):
    code = NOT_CODE.sub(blanked, text)
    return Source(path, text, code, tuple(read_allows(text, code)))


class Tree:
    """All files below a root, build folders and git's own aside."""

    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        if not self.root.is_dir():
            raise Fault(f"{root}: no such folder")

    def files(self, *folders):
        """The files below the folders, which must exist."""
        found = []
        for folder in folders:
            top = self.root / folder
            if not top.is_dir():
                raise Fault(f"{folder}: no such folder: correct the list of the check")
            found += [path.relative_to(self.root).as_posix() for path in walk(top)]
        return sorted(found)

    def sources(self, *folders):
        """Sources below the folders; none at all is a mistake in the list of folders."""
        found = [path for path in self.files(*folders) if path.endswith(SUFFIXES)]
        if not found:
            raise Fault(f"no source in {', '.join(folders)}")
        return [self.source(path) for path in found]

    def product(self, *folders):
        """The same without the tests that stand beside the code."""
        return [source for source in self.sources(*folders) if not is_test(source.path)]

    def source(self, path):
        return parse(path, self.read(path))

    def read(self, path):
        try:
            return (self.root / path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as fault:
            raise Fault(f"{path}: {fault}") from fault


def walk(top):
    for path in sorted(top.iterdir()):
        if path.is_dir() and not path.is_symlink():
            if path.name not in (".git", "build", "__pycache__"):
                yield from walk(path)
        elif path.is_file():
            yield path


def is_test(path):
    return path.endswith(("_test.cc", "_test.h"))

"""Checks that the table "Who may use whom" in docs/architecture.md, the includes and the linked libraries agree.

A row of the table names a directory, or a library that is built from some sources of its directory. Then it lists the
directories and headers that these sources may use. Only names in backquotes count.
"""

import dataclasses
import re

from sources import PRODUCT, Fault

PAGE = "docs/architecture.md"
HEADING = "## Who may use whom"
# Libraries of flags, and those that have no rights of their own to give.
NO_DIRECTORY = {"crux_plain", "crux_options", "crux_hardened", "crux_strict", "crux_freestanding"}


CALLS = re.compile(r"\b(crux_library|add_library|add_executable|target_link_libraries)\(([^)]*)\)")


@dataclasses.dataclass
class Row:
    name: str
    directory: str
    rights: set  # paths of directories and headers
    line: int


@dataclasses.dataclass
class Library:
    name: str
    directory: str
    sources: list  # empty: all of the directory
    links: set  # crux_… libraries


def table(tree):
    """{name: Row}"""
    lines = tree.read(PAGE).splitlines()
    if HEADING not in lines:
        raise Fault(f'{PAGE}: no section "{HEADING}"')
    rows = {}
    for number, line in enumerate(lines[lines.index(HEADING) + 1:], lines.index(HEADING) + 2):
        if line.startswith("## "):
            break
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|") or cells[0] == "directory" or not set(line) - set("|-: "):
            continue
        name = re.fullmatch(r"`([a-z_/-]+)`.*", cells[0])
        if not name or len(cells) < 2:
            raise Fault(f"{PAGE}:{number}: not a row of the table: {line}")
        if name.group(1) in rows:
            raise Fault(f"{PAGE}:{number}: {name.group(1)} has two rows")
        rows[name.group(1)] = Row(name.group(1), name.group(1), set(re.findall(r"`([^`]+)`", cells[1])), number)
    if not rows:
        raise Fault(f"{PAGE}: the table is empty")
    return rows


def libraries(tree):
    """{name: Library} of all CMakeLists.txt, programs included."""
    found = {}
    for path in tree.files(*PRODUCT):
        if not path.endswith("CMakeLists.txt"):
            continue
        directory = path.rpartition("/")[0]
        text = re.sub(r"#[^\n]*", "", tree.read(path))
        lists = {name: words.split() for name, words in re.findall(r"\bset\(\s*(\w+)\s+([^)]*)\)", text)}
        for command, words in CALLS.findall(text):
            name, *words = words.split()
            if command == "crux_library":
                name = f"crux_{name}"
            library = found.setdefault(name, Library(name, directory, [], set()))
            take_words(library, command, words, lists)
    return found


def take_words(library, command, words, lists):
    what = "SOURCES" if command != "target_link_libraries" else "LINKS"
    for word in words:
        if word in ("SOURCES", "DEPENDS", "LIBRARIES", "PUBLIC", "PRIVATE", "STATIC"):
            what = word
        elif command == "target_link_libraries" and word.startswith("crux_"):
            library.links.add(word)
        elif what == "DEPENDS":
            library.links.add(f"crux_{word}")
        elif what == "SOURCES" and command == "crux_library":
            library.sources += lists.get(word.strip("${}"), []) if word.startswith("${") else [word]


def included(tree, source):
    """Yields (line, path) of each of our files that a source includes. The path is None if it cannot be determined."""
    for line, what in source.includes:
        path = what[1:-1] if what[:1] in ('"', "<") and what[-1:] in ('"', ">") else None
        if path is None:
            yield line, None
        elif path in tree.all:
            yield line, path
        elif what.startswith('"'):
            yield line, None


def may(rights, path):
    return any(path == right or path.startswith(right + "/") for right in rights)


def part(tree, library):
    """The files of such a library: its sources, and the headers of its directory that they include."""
    todo = [f"{library.directory}/{name}" for name in library.sources]
    files = set()
    while todo:
        path = todo.pop()
        if path not in files:
            files.add(path)
            todo += [inner for _, inner in included(tree, tree.source(path))
                     if inner and inner.startswith(library.directory + "/")]
    return files


def faults_of_part(tree, row, library):
    """The library must not use files of the rest of its directory, and other files only if its row allows it."""
    own = part(tree, library)
    for path in sorted(own):
        body = path.removesuffix(".h") + ".cc"
        if body in tree.all and body not in own:
            yield f"{path}: is used by {library.name}, but {body} is not part of it"
        for line, inner in included(tree, tree.source(path)):
            if inner and inner not in own and not may(row.rights, inner):
                yield f"{path}:{line}: {library.name} may not use {inner}"


def faults_of_directory(tree, row):
    for source in tree.product(row.directory):
        for line, path in included(tree, source):
            if path is None:
                yield f"{source.path}:{line}: an include must be <system.h> or \"path/from/the/root.h\" of an existing file"
            elif not may(row.rights | {row.directory}, path):
                yield f"{source.path}:{line}: {row.directory} may not use {path}"


def used_directories(tree, sources, known):
    used = set()
    for source in sources:
        used |= {directory_of(path, known) for _, path in included(tree, source) if path}
    return used


def directory_of(path, known):
    for directory in known:
        if path == directory or path.startswith(directory + "/"):
            return directory
    raise Fault(f"{path}: is not in a directory of the table")


def faults_of_rights(tree, row, sources):
    """Each entry of a row must exist and be used."""
    paths = {path for source in sources for _, path in included(tree, source) if path}
    for right in sorted(row.rights):
        if not (tree.root / right).exists():
            yield f"{PAGE}:{row.line}: {row.name}: {right} does not exist"
        elif not any(may({right}, path) for path in paths):
            yield f"{PAGE}:{row.line}: {row.name}: {right} is not used"


def faults_of_links(tree, row, made, known):
    """The linked libraries must be those of the row."""
    mine = [library for library in made.values() if library.directory == row.directory]
    if row.name.startswith("crux_"):
        mine = [made[row.name]]
    names = {library.name for library in mine}
    links = set().union(*(library.links for library in mine)) - NO_DIRECTORY - names
    for name in sorted(links - made.keys()):
        yield f"{row.directory}/CMakeLists.txt: links {name}, which does not exist"
    linked = {made[name].directory for name in links & made.keys()} - {row.directory}
    wanted = {directory_of(right, known) for right in row.rights} - {row.directory}
    # Single headers need not be linked.
    heads = {directory_of(right, known) for right in row.rights if right.endswith(".h")}
    for directory in sorted(linked - wanted):
        yield f"{row.directory}/CMakeLists.txt: links {directory}, which {PAGE}:{row.line} does not allow"
    for directory in sorted(wanted - linked - heads):
        yield f"{row.directory}/CMakeLists.txt: does not link {directory}, which {PAGE}:{row.line} lists"


def faults_of_circles(rows, known):
    """No directory may use itself through others."""
    uses = {row.name: {directory_of(right, known) for right in row.rights} - {row.directory}
            for row in rows.values() if not row.name.startswith("crux_")}
    for start in uses:
        seen, todo = set(), [start]
        while todo:
            for directory in uses.get(todo.pop(), ()):
                if directory == start:
                    yield f"{PAGE}:{rows[start].line}: {start} uses itself through others"
                    todo = []
                    break
                if directory not in seen:
                    seen.add(directory)
                    todo.append(directory)


def check(tree):
    rows = table(tree)
    made = libraries(tree)
    known = tree.directories
    for directory in known:
        if directory not in rows:
            yield f"{directory}: has no row in {PAGE}"
    for row in rows.values():
        if row.name.startswith("crux_"):
            if row.name not in made or not made[row.name].sources:
                yield f"{PAGE}:{row.line}: {row.name}: no CMakeLists.txt builds it from named sources"
                continue
            row.directory = made[row.name].directory
            files = part(tree, made[row.name])
            sources = [tree.source(path) for path in sorted(files)]
            yield from faults_of_part(tree, row, made[row.name])
        elif row.name not in known:
            yield f"{PAGE}:{row.line}: {row.name} is not a directory with sources"
            continue
        else:
            sources = tree.product(row.directory)
            yield from faults_of_directory(tree, row)
        yield from faults_of_rights(tree, row, sources)
        if all((tree.root / right).exists() for right in row.rights):
            yield from faults_of_links(tree, row, made, known)
    yield from faults_of_circles({name: row for name, row in rows.items()
                                  if all((tree.root / right).exists() for right in row.rights)}, known)

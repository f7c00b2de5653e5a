"""Who may use whom. The one table is in docs/architecture.md; includes, and what CMake links, must be what it says.

A row of the table names a folder, or a library made of some sources of its folder, and what that may use: folders
and single headers. Only what stands in backquotes counts.
"""

import dataclasses
import re

from sources import PRODUCT, Fault

PAGE = "docs/architecture.md"
HEADING = "## Who may use whom"
# Libraries of flags, and those that have no rights of their own to give.
NO_FOLDER = {"crux_plain", "crux_options", "crux_strict", "crux_freestanding"}


@dataclasses.dataclass
class Row:
    name: str
    folder: str
    rights: set  # folders, and headers by path
    line: int


@dataclasses.dataclass
class Library:
    name: str
    folder: str
    sources: list  # empty: all of the folder
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
        if not line.startswith("|") or cells[0] == "folder" or not set(line) - set("|-: "):
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
    """What CMake makes of each folder: {name: Library}, programs among them."""
    found = {}
    for path in tree.files(*PRODUCT):
        if not path.endswith("CMakeLists.txt"):
            continue
        folder = path.rpartition("/")[0]
        text = re.sub(r"#[^\n]*", "", tree.read(path))
        lists = {name: words.split() for name, words in re.findall(r"\bset\(\s*(\w+)\s+([^)]*)\)", text)}
        for command, words in re.findall(r"\b(crux_library|add_library|add_executable|target_link_libraries)\(([^)]*)\)", text):
            name, *words = words.split()
            if command == "crux_library":
                name = f"crux_{name}"
            library = found.setdefault(name, Library(name, folder, [], set()))
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
    """Yields (line, path) of each file of ours that a source includes, and (line, None) where nobody can tell."""
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
    """The files of a library that is a part of its folder: its sources, and what they include of the folder."""
    todo = [f"{library.folder}/{name}" for name in library.sources]
    files = set()
    while todo:
        path = todo.pop()
        if path not in files:
            files.add(path)
            todo += [inner for _, inner in included(tree, tree.source(path))
                     if inner and inner.startswith(library.folder + "/")]
    return files


def faults_of_part(tree, row, library):
    """A part of a folder uses nothing that belongs to the other part, and only what its row says."""
    own = part(tree, library)
    for path in sorted(own):
        body = path.removesuffix(".h") + ".cc"
        if body in tree.all and body not in own:
            yield f"{path}: is used by {library.name}, and {body} is not in it"
        for line, inner in included(tree, tree.source(path)):
            if inner and inner not in own and not may(row.rights, inner):
                yield f"{path}:{line}: {library.name} may not use {inner}"


def faults_of_folder(tree, row):
    for source in tree.product(row.folder):
        for line, path in included(tree, source):
            if path is None:
                yield f"{source.path}:{line}: an include is <system.h> or \"path/from/the/root.h\" of a file that exists"
            elif not may(row.rights | {row.folder}, path):
                yield f"{source.path}:{line}: {row.folder} may not use {path}"


def used_folders(tree, sources, known):
    used = set()
    for source in sources:
        used |= {folder_of(path, known) for _, path in included(tree, source) if path}
    return used


def folder_of(path, known):
    for folder in known:
        if path == folder or path.startswith(folder + "/"):
            return folder
    raise Fault(f"{path}: is in no folder of the table")


def faults_of_rights(tree, row, sources):
    """A right that nobody uses is no right: it goes from the table."""
    paths = {path for source in sources for _, path in included(tree, source) if path}
    for right in sorted(row.rights):
        if not (tree.root / right).exists():
            yield f"{PAGE}:{row.line}: {row.name}: there is no {right}"
        elif not any(may({right}, path) for path in paths):
            yield f"{PAGE}:{row.line}: {row.name}: nothing in it uses {right}"


def faults_of_links(tree, row, made, known):
    """What CMake links is what the table says."""
    mine = [library for library in made.values() if library.folder == row.folder]
    if row.name.startswith("crux_"):
        mine = [made[row.name]]
    names = {library.name for library in mine}
    links = set().union(*(library.links for library in mine)) - NO_FOLDER - names
    for name in sorted(links - made.keys()):
        yield f"{row.folder}/CMakeLists.txt: links {name}, which no folder makes"
    linked = {made[name].folder for name in links & made.keys()} - {row.folder}
    wanted = {folder_of(right, known) for right in row.rights} - {row.folder}
    # Of some headers alone there is nothing to link, and a program that is freestanding links nothing.
    heads = {folder_of(right, known) for right in row.rights if right.endswith(".h")}
    for folder in sorted(linked - wanted):
        yield f"{row.folder}/CMakeLists.txt: links {folder}, which {PAGE}:{row.line} does not give to {row.name}"
    for folder in sorted(wanted - linked - heads):
        yield f"{row.folder}/CMakeLists.txt: does not link {folder}, which {PAGE}:{row.line} gives to {row.name}"


def faults_of_circles(rows, known):
    """One direction: no folder uses itself by way of others."""
    uses = {row.name: {folder_of(right, known) for right in row.rights} - {row.folder}
            for row in rows.values() if not row.name.startswith("crux_")}
    for start in uses:
        seen, todo = set(), [start]
        while todo:
            for folder in uses.get(todo.pop(), ()):
                if folder == start:
                    yield f"{PAGE}:{rows[start].line}: {start} uses itself by way of others"
                    todo = []
                    break
                if folder not in seen:
                    seen.add(folder)
                    todo.append(folder)


def check(tree):
    rows = table(tree)
    made = libraries(tree)
    known = tree.folders
    for folder in known:
        if folder not in rows:
            yield f"{folder}: has no row in {PAGE}: what may it use?"
    for row in rows.values():
        if row.name.startswith("crux_"):
            if row.name not in made or not made[row.name].sources:
                yield f"{PAGE}:{row.line}: {row.name}: no CMakeLists.txt makes it of named sources"
                continue
            row.folder = made[row.name].folder
            files = part(tree, made[row.name])
            sources = [tree.source(path) for path in sorted(files)]
            yield from faults_of_part(tree, row, made[row.name])
        elif row.name not in known:
            yield f"{PAGE}:{row.line}: there is no folder {row.name} with sources"
            continue
        else:
            sources = tree.product(row.folder)
            yield from faults_of_folder(tree, row)
        yield from faults_of_rights(tree, row, sources)
        if all((tree.root / right).exists() for right in row.rights):
            yield from faults_of_links(tree, row, made, known)
    yield from faults_of_circles({name: row for name, row in rows.items()
                                  if all((tree.root / right).exists() for right in row.rights)}, known)

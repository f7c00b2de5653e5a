"""Finds code of the product that the product does not use. A use in tests does not count.

A function with a symbol is dead if no other object of the build refers to the symbol. Names without a symbol (inline
functions, types, constants, enumerators) are dead if they occur once in the sources.
"""

import collections
import re

import functions
import layers
import tools
from sources import PRODUCT, Fault

# Entry points, and functions that the compiler calls.
ROOTS = {"main", "_start", "memcpy", "memmove", "memset", "memcmp"}
# Constants, types and enumerators; in headers also macros and functions. The compiler warns of unused functions in other
# files. Fields and parameters are not checked.
DECLARED = (
    r"^ *(?:inline +|static +)*constexpr\b[^;={(]*?\b(\w+)(?:\[[^]]*\])?\s*[={]",
    r"^ *(?:struct|class|union|enum class)(?: +\[\[\w+\]\])? +(\w+)[^;()]*\{",
    r"^ *using +(\w+) *=",
)
DECLARED_IN_HEADERS = (
    r"^ *# *define +(\w+)",
    r"^ *(?:[\w:<>,&*\[\]]+ +)+[&*]?(\w+)\([^;{]*\)(?: const)?(?: noexcept)?(?:;| \{)",
)
OBJECT = re.compile(r"(?P<directory>.+)/CMakeFiles/[^/]+\.dir/(?P<file>.+)\.o$")


def objects(tree, build):
    """{object: its source} for the sources of the product."""
    found = {}
    for directory in PRODUCT:
        for path in sorted((build / directory).rglob("*.o")):
            parts = OBJECT.fullmatch(path.relative_to(build).as_posix())
            source = parts and f"{parts['directory']}/{parts['file']}"
            if source in tree.all:
                found[path] = source
    missing = {source.path for source in tree.product(*PRODUCT) if source.path.endswith(".cc")} - set(found.values())
    if missing:
        raise Fault(f"{build}: is not a complete build: no object of {', '.join(sorted(missing)[:3])}")
    for path, source in found.items():
        if (tree.root / source).stat().st_mtime > path.stat().st_mtime:
            raise Fault(f"{build}: {source} is newer than its object: build first")
    return found


def symbols(tree, found):
    """([(name, kind, object)…]) of all objects."""
    code, lines = tools.run(tree, "nm", ["--print-file-name", *map(str, found)])
    if code != 0:
        raise Fault("\n".join(["nm failed", *lines[-5:]]))
    by_name = {str(path): path for path in found}
    for line in lines:
        path, _, rest = line.rpartition(":")
        words = rest.split()
        if path in by_name and len(words) >= 2:
            yield words[-1], words[-2], by_name[path]


def demangle(tree, names):
    if not names:
        return []
    code, lines = tools.run(tree, "c++filt", names)
    if code != 0 or len(lines) != len(names):
        raise Fault("c++filt failed")
    return lines


def last_name(demangled):
    """The identifier of a function: the last one before its parameters."""
    flat = re.sub(r"\[abi:\w+\]|\(anonymous namespace\)", "", demangled)
    found = re.match(r"[^(]*?(~?\w+)(?:<.*>)?(?:\(|$)", flat)
    return found.group(1) if found else flat


def unreferenced(tree, build):
    """Yields (source, symbol, demangled symbol) of each function that no other object refers to."""
    found = objects(tree, build)
    defined = collections.defaultdict(set)
    referred = set()
    for name, kind, path in symbols(tree, found):
        if kind in "TR":
            defined[name].add(path)
        elif kind in "Uvw":
            referred.add(name)
    names = sorted(name for name in defined if name not in referred and name not in ROOTS)
    for name, demangled in zip(names, demangle(tree, names)):
        for path in sorted(defined[name]):
            yield found[path], name, demangled


def words_of(text):
    return re.findall(r"\w+", text)


def uses(source, name):
    """How often a file names a function of ours, not a function of libc with the same name or a constant of Call."""
    return len(re.findall(rf"(?<!Call::)(?<![^\w>]::)\b{name}\b", source.code))


def is_override(tree, path, name):
    """An override is called through its base class, by the table in its own object."""
    header = path.removesuffix(".cc") + ".h"
    return header in tree.all and re.search(rf"\b{name}\([^;{{]*\boverride\b", tree.source(header).code)


def check_functions(tree, build):
    """(path, line, function)…"""
    for path, mangled, demangled in unreferenced(tree, build):
        source = tree.source(path)
        name = last_name(demangled)
        if mangled == demangled:
            # A function with C linkage may be called in assembly.
            if sum(words_of(source.text).count(name) for source in tree.product(*PRODUCT)) > 1:
                continue
        mine = [function for function in functions.functions(source) if function.name.split("::")[-1] == name]
        # The compiler may have inlined a use in the same file.
        if uses(source, name) > len(mine) or name.startswith("~") or is_override(tree, path, name):
            continue
        yield path, mine[0].line if mine else 1, demangled


def enumerators(code):
    """Yields (place, name) of what the enumerations of a file list."""
    for body in re.finditer(r"\benum\b[^;{}]*\{([^}]*)\}", code):
        for name in re.finditer(r"(?:^|,)\s*(\w+)\s*(?=[=,]|$)", body.group(1)):
            yield body.start(1) + name.start(1), name.group(1)


def declared(source):
    """Yields (line, name) of what a file declares."""
    code = source.code
    patterns = DECLARED + (DECLARED_IN_HEADERS if source.path.endswith(".h") else ())
    found = [(name.start(1), name.group(1)) for pattern in patterns for name in re.finditer(pattern, code, re.MULTILINE)]
    found += enumerators(code)
    for place, name in sorted(found):
        yield code.count("\n", 0, place) + 1, name


def check_names(tree):
    """Names that are declared and never used in the product."""
    sources = tree.product(*PRODUCT)
    counts = collections.Counter(word for source in sources for word in words_of(source.code))
    for source in sources:
        for line, name in declared(source):
            if counts[name] == 1 and name not in ROOTS:
                yield f"{source.path}:{line}: {name}: the product does not use it"


def check_headers(tree):
    """A header that only tests include must be named as one."""
    sources = tree.product(*PRODUCT)
    used = {path for source in sources for _, path in layers.included(tree, source)}
    for source in sources:
        if source.path.endswith(".h") and source.path not in used:
            yield f"{source.path}:1: the product does not include it; a header for tests must be named ..._test.h"


def check(tree, build):
    for path, line, function in sorted(check_functions(tree, build)):
        yield f"{path}:{line}: {function}: the product does not call it"
    yield from check_names(tree)
    yield from check_headers(tree)

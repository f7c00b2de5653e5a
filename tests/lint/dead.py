"""Code of the product that nothing in the product uses; a use by tests alone does not count.

Functions with a symbol are looked for among the objects of a build: nobody else refers to them. What has none (inline
functions, types, constants, enumerators) is looked for in the text: its name stands in the product once.
"""

import collections
import re

import functions
import layers
import tools
from sources import PRODUCT, Fault

# Who starts a program, and what a compiler calls by itself.
ROOTS = {"main", "_start", "memcpy", "memmove", "memset", "memcmp"}
# Constants, types and enumerators; of headers also macros and functions: those of sources are the compiler's to see.
# Fields and parameters are not looked for.
DECLARED = (
    r"^ *(?:inline +|static +)*constexpr\b[^;={(]*?\b(\w+)(?:\[[^]]*\])?\s*[={]",
    r"^ *(?:struct|class|union|enum class)(?: +\[\[\w+\]\])? +(\w+)[^;()]*\{",
    r"^ *using +(\w+) *=",
)
DECLARED_IN_HEADERS = (
    r"^ *# *define +(\w+)",
    r"^ *(?:[\w:<>,&*\[\]]+ +)+[&*]?(\w+)\([^;{]*\)(?: const)?(?: noexcept)?(?:;| \{)",
)
OBJECT = re.compile(r"(?P<folder>.+)/CMakeFiles/[^/]+\.dir/(?P<file>.+)\.o$")


def objects(tree, build):
    """{object: its source} for the sources of the product."""
    found = {}
    for folder in PRODUCT:
        for path in sorted((build / folder).rglob("*.o")):
            parts = OBJECT.fullmatch(path.relative_to(build).as_posix())
            source = parts and f"{parts['folder']}/{parts['file']}"
            if source in tree.all:
                found[path] = source
    missing = {source.path for source in tree.product(*PRODUCT) if source.path.endswith(".cc")} - set(found.values())
    if missing:
        raise Fault(f"{build}: is not built as a whole: no object of {', '.join(sorted(missing)[:3])}")
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
    """Yields (source, symbol, demangled symbol) of each function that no object but its own refers to."""
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
    """How often a file names a function of ours: not the kernel's or C's of that name, nor a call's number."""
    return len(re.findall(rf"(?<!Call::)(?<![^\w>]::)\b{name}\b", source.code))


def check_functions(tree, build):
    """(path, line, function)…"""
    for path, mangled, demangled in unreferenced(tree, build):
        source = tree.source(path)
        name = last_name(demangled)
        if mangled == demangled:
            # Of C's names some are called by assembly, which is text.
            if sum(words_of(source.text).count(name) for source in tree.product(*PRODUCT)) > 1:
                continue
        mine = [function for function in functions.functions(source) if function.name.split("::")[-1] == name]
        # Used beside its definition in its own file, where the compiler may have put it in line.
        if uses(source, name) > len(mine) or name.startswith("~"):
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
    """Names that are declared, and stand nowhere else in the product."""
    sources = tree.product(*PRODUCT)
    counts = collections.Counter(word for source in sources for word in words_of(source.code))
    for source in sources:
        for line, name in declared(source):
            if counts[name] == 1 and name not in ROOTS:
                yield f"{source.path}:{line}: {name}: nothing in the product uses it"


def check_headers(tree):
    """Headers that only tests include are a test's, and named so."""
    sources = tree.product(*PRODUCT)
    used = {path for source in sources for _, path in layers.included(tree, source)}
    for source in sources:
        if source.path.endswith(".h") and source.path not in used:
            yield f"{source.path}:1: nothing in the product includes it; one for tests is named ..._test.h"


def check(tree, build):
    for path, line, function in sorted(check_functions(tree, build)):
        yield f"{path}:{line}: {function}: nothing in the product calls it"
    yield from check_names(tree)
    yield from check_headers(tree)

"""Checks that the programs and objects of a build have the protections of cmake/hardening.cmake."""

import json
import re

import dead
import tools
from sources import Fault

INIT = "runtime/init/crux-init"
INIT_OBJECTS = "/CMakeFiles/crux-init.dir/"
PROGRAMS = ("crux", "crux-net", "crux-systemd", INIT)
# Valid targets of indirect branches, and return addresses, as the property notes of each processor name them.
MARKERS = {"x86-64": ("IBT", "SHSTK"), "AArch64": ("BTI", "PAC")}
FORTIFY = "-D_FORTIFY_SOURCE=3"
FLAGS = ("-fPIE", "-fstack-protector-strong")
# What takes a flag back.
UNDONE = {"-fPIE": "-fno-(pie|pic)", "-fstack-protector-strong": "-fno-stack-protector|-fstack-protector(-all|-explicit)?",
          FORTIFY: r"-D_FORTIFY_SOURCE=[012]"}
# A constant of ours in the data that stays writable.
WRITABLE = re.compile(r" O \.data\s+[0-9a-f]+ (?:\.hidden )?(_ZN\w*\dk[A-Z]\w*)$", re.MULTILINE)
SEGMENT = re.compile(r"^ +(\w+) +(?:0x[0-9a-f]+ +){5}([R ][W ][E ])", re.MULTILINE)


def output(tree, program, options, *paths):
    code, lines = tools.run(tree, program, [options, *map(str, paths)])
    if code != 0:
        raise Fault("\n".join([f"{program} failed", *lines[-5:]]))
    return "\n".join(lines)


def readelf(tree, options, *paths):
    return output(tree, "readelf", options, *paths)


def settings(build):
    cache = build / "CMakeCache.txt"
    if not cache.exists():
        raise Fault(f"{build}: no CMakeCache.txt")
    return dict(re.findall(r"^(\w+):\w+=(.*)$", cache.read_text(), re.MULTILINE))


def dynamic(text, tag):
    return {word for line in re.findall(rf"\({tag}\) +(.*)", text) for word in line.split()}


def missing_in_program(text, is_init):
    """The properties that the program with this output of readelf -hldr does not have."""
    segments = SEGMENT.findall(text)
    flags = dynamic(text, "FLAGS") | dynamic(text, "FLAGS_1")
    if not re.search(r"^ +Type: +DYN", text, re.MULTILINE) or "PIE" not in flags:
        yield "is not position-independent"
    if not any(name == "GNU_STACK" and "E" not in rights for name, rights in segments):
        yield "has an executable stack"
    if any(name == "LOAD" and "W" in rights and "E" in rights for name, rights in segments):
        yield "has a segment that is writable and executable"
    if is_init:
        # Nothing would apply them, or protect what they change.
        if re.search(r"^Relocation section|^ +INTERP ", text, re.MULTILINE):
            yield "has relocations or an interpreter"
        return
    if "GNU_RELRO" not in dict(segments):
        yield "has no read-only relocations (GNU_RELRO)"
    if not flags & {"NOW", "BIND_NOW"}:
        yield "binds functions when they are first called, and not at the start (BIND_NOW)"
    if "(TEXTREL)" in text:
        yield "has relocations of its code (TEXTREL)"


def markers(tree, path):
    found = re.search(r"Machine: .*?(x86-64|AArch64)", readelf(tree, "-hW", path), re.IGNORECASE)
    return next((words for name, words in MARKERS.items() if found and name.lower() == found.group(1).lower()), ())


def without_markers(tree, paths):
    """Yields (path, the markers that it does not have)."""
    wanted = markers(tree, paths[0]) if paths else ()
    for path in paths if wanted else ():
        properties = " ".join(re.findall(r"feature[^:]*: (.*)", readelf(tree, "-nW", path)))
        absent = [word for word in wanted if word not in re.split(r"\W+", properties)]
        if absent:
            yield path, ", ".join(absent)


def check_programs(tree, build, cache):
    for name in PROGRAMS:
        if name == "crux-systemd" and cache.get("CRUX_SYSTEMD") == "OFF":
            continue
        if not (build / name).exists():
            raise Fault(f"{build}: has no {name}: build first")
        for what in missing_in_program(readelf(tree, "-hldrW", build / name), name == INIT):
            yield f"{name}: {what}"
    # GCC 12 takes a constexpr std::array whose arguments it deduces for a variable.
    for name in WRITABLE.findall(output(tree, "objdump", "-t", build / "crux")):
        yield f"crux: {name} can be written: declare it as constexpr auto with a value of type std::array"
    for _, absent in without_markers(tree, [build / INIT]):
        yield f"{INIT}: has no branch protection ({absent})"


def commands(build):
    """{object: the words of the command that compiles it}"""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        words = entry["command"].split()
        found[build / words[words.index("-o") + 1]] = words
    return found


def check_commands(build, objects, fortified):
    words_of = commands(build)
    for path, source in objects.items():
        if path not in words_of:
            raise Fault(f"{build}: compile_commands.json does not have {path}")
        # Init has no C library whose functions could be checked.
        wanted = [*FLAGS, FORTIFY] if fortified and INIT_OBJECTS not in str(path) else FLAGS
        for flag in wanted:
            if flag not in words_of[path] or any(re.fullmatch(UNDONE[flag], word) for word in words_of[path]):
                yield f"{source}: is compiled without {flag}"


def check_references(tree, objects, fortified):
    """The compiler's checks call these functions of the C library, or of init."""
    referred = {name for name, kind, _ in dead.symbols(tree, objects) if kind in "Uvw"}
    if "__stack_chk_fail" not in referred:
        yield "no object refers to __stack_chk_fail: the stack is not protected"
    if fortified and not any(re.fullmatch(r"__(?!stack_)\w+_chk", name) for name in referred):
        yield "no object refers to a checked function: _FORTIFY_SOURCE has no effect"


def check(tree, build):
    cache = settings(build)
    if cache.get("CRUX_HARDEN") == "OFF" or cache.get("CRUX_SANITIZE") == "ON":
        raise Fault(f"{build}: is built without the protections (CRUX_HARDEN, CRUX_SANITIZE)")
    fortified = cache.get("CMAKE_BUILD_TYPE") != "Debug"
    objects = {path: source for path, source in dead.objects(tree, build).items()
               if source.endswith(".cc") and not source.startswith("cmd/demonstration/")}
    yield from check_programs(tree, build, cache)
    yield from check_commands(build, objects, fortified)
    yield from check_references(tree, objects, fortified)
    for path, absent in without_markers(tree, list(objects)):
        yield f"{objects[path]}: has no branch protection ({absent})"

"""Calls, names and includes that some directories must not contain, each with the reason."""

import dataclasses
import functools
import re

from sources import EVERY

CALL = r"(?<![A-Za-z0-9_.>:])(?:::)?"


@dataclasses.dataclass(frozen=True)
class Ban:
    name: str
    pattern: str
    why: str
    where: object  # directory → bool


def strict(directory):
    """Code that is built without exceptions."""
    return not directory.startswith("cmd/")


def strict_and_crux(directory):
    return strict(directory) or directory == "cmd/crux"


def below_cmd(directory):
    """Code that runs on the host side of the clone. runtime/sys and runtime/init make system calls."""
    return strict(directory) and directory not in ("runtime/sys", "runtime/init")


def host_side(directory):
    return below_cmd(directory) or directory == "cmd/crux"


def without_environment(directory):
    """The environment is read where a command starts, and to find a program in PATH."""
    return strict(directory) and directory not in ("runtime/container", "runtime/launch", "runtime/checkpoint")


def product_but_sys(directory):
    """The callers of runtime/sys set the limits. The programs of the demonstration run in containers."""
    return directory not in ("runtime/sys", "cmd/demonstration")


def everywhere(_):
    return True


BANS = (
    Ban("no-exceptions", r"\b(throw|try|catch)\b",
        "a throw behind the clone unwinds into the story of the parent; failures are values", strict),
    Ban("no-filesystem",
        r"# *include *<(filesystem|iostream|fstream|sstream|ostream|istream|ios|regex|functional|thread)>",
        "throws, walks paths by string, or is large: sys and base have what is needed", strict_and_crux),
    Ban("no-stdio", CALL + r"(?:std::)?(printf|fprintf|puts|fputs|perror|dprintf|vprintf)\(",
        "errors are returned and printed once, by cmd/crux", strict),
    Ban("no-fopen", CALL + r"(?:std::)?(fopen|freopen|opendir|tmpfile|tmpnam|mktemp|realpath)\(",
        "follows what a name means now (CVE-2019-19921): files are opened below a held descriptor, by sys", host_side),
    Ban("no-raw-open", r"(?<![A-Za-z0-9_.>:])(::(open|openat|openat2|creat)\(|(open|openat)\([^)]*\bO_[A-Z])",
        "a descriptor needs an owner and O_CLOEXEC (CVE-2024-21626): sys::open and its kin", below_cmd),
    Ban("no-raw-mount", CALL + r"(mount|umount|umount2|pivot_root|chroot)\(",
        "a target checked as a path and then mounted by path can be swapped (CVE-2021-30465): mounts are descriptors",
        host_side),
    Ban("no-chdir", CALL + r"(chdir|fchdir)\(",
        "the working directory belongs to the whole process (CVE-2024-21626): only init and the program change it",
        below_cmd),
    Ban("no-shell", CALL + r"(?:std::)?(system|popen|execl|execlp|execvp)\(",
        "finds a program by PATH or hands text to a shell: programs are started by path and vector", strict_and_crux),
    Ban("no-fork", CALL + r"(fork|vfork|clone)\(",
        "one place starts processes, so that each is waited for and none inherits what it should not", host_side),
    Ban("no-loose-numbers",
        r"\b(std::)?(stoi|stol|stoll|stoul|stoull|stod|atoi|atol|strtol|strtoul|strtoull|sscanf)\(",
        'takes "1x" for 1 or throws (CVE-2026-30892): to_number reads the whole text', strict_and_crux),
    Ban("no-strcpy", CALL + r"(?:std::)?(strcpy|strcat|sprintf|vsprintf|gets|alloca)\(", "writes past the end", everywhere),
    Ban("no-sleep", r"((?<![A-Za-z0-9_])::sleep|\b(usleep|nanosleep|clock_nanosleep|sleep_for|sleep_until))\(",
        "a sleep in place of a handshake is a race: wait on a descriptor", host_side),
    Ban("clock", r"\brealtime\(\)|\bCLOCK_REALTIME|\bstd::time\(|(?<![\w.>:])time\((nullptr|0)\)|\bsystem_clock\b"
        r"|\bgettimeofday\(",
        "jumps when it is set: an age or a time limit is measured by the monotonic clock", product_but_sys),
    Ban("wait",
        r"\bkForever\b|\bpoll(_one)?\([^;]*, -1\)|\bcall\(__NR_ppoll, [^,]+, [^,]+, nullptr,"
        r"|\brecv(msg|from)?\(|\bcall\(__NR_recv|\bread\([^;]*\bcontrol|\bcall\(__NR_read, [^;]*\bcontrol"
        r"|(?<![\w>])::(connect|accept4?|wait|pause)\(|\b(waitpid|waitid)\((?!.*WNOHANG)"
        r"|\bcall\(__NR_wait(4|id)(?!.*kNoHang)|\bLOCK_(EX|SH)\b(?! \| LOCK_NB)|\bF_(OFD_)?SETLKW\b",
        "every wait needs a time limit: poll with a timeout first, or state next to it why it ends", product_but_sys),
    Ban("no-setenv", r"\b(setenv|putenv|unsetenv|clearenv)\(", "the environment is what the caller gave",
        strict_and_crux),
    Ban("no-environment", r"\b(getenv|secure_getenv)\(",
        "read where a command begins (container, launch, cmd) and handed down", without_environment),
    Ban("no-format", r"std::(format|print|println)\b", "g++ 12 has none", everywhere),
    Ban("ascii-names", r"[^\x00-\x7f]", "a letter that looks like another", everywhere),
    Ban("no-shared-state", r"\b(std::shared_ptr|std::any\b|dynamic_cast|thread_local)\b",
        "one owner for each thing, and types known when compiled", strict),
    Ban("only-one-macro", r"^ *# *define +(?!TRY\()[A-Za-z_0-9]+\(", "TRY is the only macro that takes arguments",
        everywhere),
)

# External libraries that only one part may include: name, pattern of the header, reason, pattern of the allowed files.
BORDERS = (
    ("json-border", r"nlohmann\b", "JSON is seen in oci-spec only", r"(oci-spec|tests)/"),
    ("options-border", r"cxxopts", "cxxopts throws: it stays in cmd/crux", r"cmd/crux/"),
    ("capability-border", r"sys/capability\.h", "libcap stays in runtime/capability", r"(runtime/capability|tests)/"),
    ("seccomp-border", r"seccomp\.h$", "libseccomp stays in runtime/seccomp", r"(runtime/seccomp|tests)/"),
    ("netlink-border", r"(libmnl|linux/rtnetlink)", "rtnetlink stays in runtime/network",
     r"(runtime/network|runtime/init|cmd/crux-net|tests)/"),
    ("systemd-border", r"systemd/", "libsystemd stays in cmd/crux-systemd", r"cmd/crux-systemd/"),
    ("catch-border", r"catch2", "tests/support/catch.h knows both versions", r"tests/support/(catch\.h|main\.cc)$"),
)


@functools.lru_cache(maxsize=None)
def places(path, text, pattern):
    """The lines of a text that have the pattern."""
    expression = re.compile(pattern)
    return tuple(f"{path}:{number}: {line.strip()}" for number, line in enumerate(text.split("\n"), 1)
                 if expression.search(line))


def check_ban(tree, ban):
    for directory in filter(ban.where, tree.directories):
        for source in tree.product(directory):
            yield from places(source.path, source.code, ban.pattern)


def check_border(tree, header, inside):
    for source in tree.sources(*EVERY):
        for line, what in source.includes:
            if re.match(header, what.strip('<">')) and not re.match(inside, source.path):
                yield f"{source.path}:{line}: includes {what}"


def check_length(tree):
    for source in tree.sources(*EVERY):
        count = source.text.count("\n")
        if count > 600 and not is_test_source(source.path):
            yield f"{source.path}: {count} lines"


def is_test_source(path):
    return path.startswith("tests/") or path.endswith(("_test.cc", "_test.h"))


def check_pragma(tree):
    for source in tree.sources(*EVERY):
        if source.path.endswith(".h") and "\n#pragma once\n" not in "\n" + source.code:
            yield f"{source.path}: has no #pragma once"


def check_duplicate_include(tree):
    for source in tree.sources(*EVERY):
        seen = set()
        for line, name in source.includes:
            if name in seen:
                yield f"{source.path}:{line}: {name} is included twice"
            seen.add(name)


def check_todo(tree):
    for source in tree.sources(*EVERY):
        yield from places(source.path, source.text, r"\b(TODO|FIXME|XXX|HACK)\b")


def check_blanks(tree):
    for path in tree.files("."):
        if path.endswith((".cc", ".h", ".c", ".S", ".py", ".sh", ".cmake", "CMakeLists.txt")):
            yield from places(path, tree.read(path), r"[ \t\r]$")

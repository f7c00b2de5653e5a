"""The violations that test.py adds to a copy of the tree, for every check."""

import dataclasses
import platform


@dataclasses.dataclass(frozen=True)
class Plant:
    check: str
    path: str
    text: str  # what the file holds, or what is added to a file that exists
    instead_of: str = ""  # replaces this in the file, once
    place: str = ""  # where the check sees it; the path where nothing else is said


def body(line):
    return f"void planted() {{\n    {line}\n}}\n"


BANNED = {
    "no-exceptions": [("runtime/base", "throw 1;"), ("oci-spec", "try {\n    } catch (...) {\n    }")],
    "no-stdio": [("runtime/plan", 'printf("x");'), ("oci-spec", 'std::fputs("x", stderr);')],
    "no-fopen": [("cmd/crux", 'auto* file = ::fopen("x", "r");'), ("runtime/cgroup", 'auto* list = opendir("x");')],
    "no-raw-open": [("runtime/launch", 'int fd = ::open("x", 0);'), ("runtime/hooks", 'int fd = openat(1, "x", O_PATH);')],
    "no-raw-mount": [("runtime/container", 'mount("a", "b", nullptr, 0, nullptr);'), ("cmd/crux", "::umount2(path, 2);")],
    "no-chdir": [("runtime/console", 'chdir("/");'), ("runtime/checkpoint", "::fchdir(3);")],
    "no-shell": [("cmd/crux", 'std::system("ls");'), ("runtime/systemd", 'execlp("ls", "ls", nullptr);')],
    "no-fork": [("runtime/hooks", "int pid = ::fork();"), ("cmd/crux", "vfork();")],
    "no-loose-numbers": [("cmd/crux", "int count = std::stoi(text);"), ("oci-spec", "int count = atoi(text);")],
    "no-strcpy": [("cmd/crux-net", "strcpy(a, b);"), ("runtime/init", "char* room = static_cast<char*>(alloca(8));")],
    "clock": [("runtime/hooks", "const auto now = sys::realtime();"), ("cmd/crux", "if (time(nullptr) > 5) return 1;"),
              ("runtime/container", "using Clock = std::chrono::system_clock;")],
    "no-sleep": [("runtime/container", "usleep(1);"), ("cmd/crux", "::sleep(1);")],
    "wait": [("runtime/console", "auto events = sys::poll_one(file, POLLIN, sys::kForever);"),
             ("runtime/hooks", "auto count = ::poll(entries, 2, -1);"),
             ("runtime/launch", "auto length = sys::read(state_->control, buffer);"),
             ("runtime/checkpoint", "auto message = sys::recvmsg(socket_, buffer);"),
             ("runtime/init", "auto woken = call(__NR_ppoll, poll, 2, nullptr, nullptr, 0);"),
             ("runtime/init", "(void)call(__NR_wait4, pid, &status, 0, nullptr);"),
             ("runtime/container", "auto locked = sys::flock(directory_, LOCK_EX);"),
             ("cmd/crux-systemd", "::waitpid(pid, &status, 0);"), ("cmd/crux", "::connect(socket, address, length);")],
    "no-setenv": [("runtime/container", 'setenv("A", "B", 1);'), ("cmd/crux", "clearenv();")],
    "no-environment": [("runtime/host", 'const char* home = std::getenv("HOME");'),
                       ("runtime/systemd", 'const char* home = secure_getenv("HOME");')],
    "no-format": [("cmd/crux-systemd", 'auto text = std::format("{}", 1);'), ("runtime/base", 'std::println("x");')],
    "ascii-names": [("runtime/plan", "int с = 0;"), ("cmd/demonstration", "int ο = 0;")],
    "no-shared-state": [("runtime/seccomp", "std::shared_ptr<int> shared;"), ("oci-spec", "static thread_local int last;")],
}
WHOLE = {
    "no-filesystem": [("runtime/base", "#include <filesystem>\n"), ("cmd/crux", "# include <regex>\n")],
    "only-one-macro": [("runtime/host", "#define TWICE(x) ((x) * 2)\n"), ("runtime/base", "  #define LOG2(...) 0\n")],
    "json-border": [("runtime/plan", "#include <nlohmann/json.hpp>\n"), ("cmd/crux", '#include <nlohmann/json_fwd.hpp>\n')],
    "options-border": [("oci-spec", "#include <cxxopts.hpp>\n"), ("cmd/crux-net", "#include <cxxopts.hpp>\n")],
    "capability-border": [("runtime/host", "#include <sys/capability.h>\n")],
    "seccomp-border": [("runtime/container", "#include <seccomp.h>\n")],
    "netlink-border": [("runtime/container", "#include <libmnl/libmnl.h>\n"),
                       ("runtime/plan", "#include <linux/rtnetlink.h>\n")],
    "systemd-border": [("runtime/systemd", "#include <systemd/sd-bus.h>\n")],
    "catch-border": [("tests/system", "#include <catch2/catch.hpp>\n")],
}

# Includes that each directory must not have. A new directory needs a row here too.
INCLUDES = {
    "runtime/base": ["oci-spec/types.h", "runtime/sys/file.h"],
    "oci-spec": ["runtime/sys/file.h", "runtime/plan/plan.h", "cmd/crux/help.h"],
    "runtime/capability": ["runtime/base/error.h", "runtime/sys/file.h", "oci-spec/types.h"],
    "runtime/sys": ["oci-spec/types.h", "runtime/plan/layout.h", "runtime/host/facts.h"],
    "runtime/host": ["runtime/plan/plan.h", "oci-spec/types.h"],
    "runtime/cgroup": ["runtime/plan/plan.h", "runtime/host/survey.h", "runtime/seccomp/filter.h"],
    "runtime/plan": ["runtime/sys/file.h", "runtime/launch/launch.h", "runtime/host/read.h", "runtime/cgroup/group.h"],
    "runtime/doctor": ["runtime/sys/file.h", "runtime/host/read.h", "runtime/plan/plan.h"],
    "runtime/init": ["runtime/base/error.h", "runtime/plan/plan.h", "runtime/sys/file.h"],
    "runtime/resctrl": ["runtime/cgroup/group.h", "runtime/plan/plan.h", "runtime/host/facts.h"],
    "runtime/seccomp": ["runtime/cgroup/group.h", "runtime/launch/launch.h", "runtime/host/facts.h"],
    "runtime/hooks": ["runtime/launch/launch.h", "runtime/console/relay.h", "runtime/host/facts.h"],
    "runtime/console": ["runtime/plan/plan.h", "oci-spec/types.h", "runtime/hooks/run.h"],
    "runtime/privilege": ["runtime/plan/plan.h", "runtime/container/store.h", "runtime/host/facts.h"],
    "runtime/network": ["runtime/plan/plan.h", "oci-spec/types.h", "runtime/host/facts.h"],
    "runtime/systemd": ["runtime/plan/plan.h", "runtime/cgroup/group.h", "runtime/container/store.h"],
    "runtime/checkpoint": ["runtime/container/store.h", "oci-spec/types.h", "runtime/launch/launch.h"],
    "runtime/launch": ["runtime/container/store.h", "oci-spec/reader.h", "runtime/seccomp/filter.h"],
    "runtime/container": ["cmd/crux/help.h", "runtime/init/raw.h", "runtime/network/link.h"],
    "cmd/crux": ["runtime/sys/file.h", "runtime/plan/explain.h", "runtime/launch/launch.h"],
    "cmd/crux-net": ["oci-spec/types.h", "runtime/container/operations.h", "cmd/crux/help.h"],
    "cmd/crux-systemd": ["runtime/base/text.h", "runtime/systemd/helper.h"],
    "cmd/demonstration": ["runtime/base/text.h", "runtime/init/kernel.h", "runtime/sys/file.h"],
}

PAGE = "docs/architecture.md"
ROW = "| `runtime/base` | the standard library |"
ALONE = [
    # The library that is built from a part of its directory.
    Plant("layering", "runtime/cgroup/pids.cc", '#include "runtime/sys/file.h"\n'),
    Plant("layering", "runtime/cgroup/pids.cc", '#include "runtime/cgroup/group.h"\n', place="runtime/cgroup/group.h"),
    # Other forms of includes.
    Plant("layering", "runtime/plan/planted.cc", "#include <runtime/sys/file.h>\n"),
    Plant("layering", "runtime/plan/planted.cc", '#  include "../sys/file.h"\n'),
    Plant("layering", "runtime/plan/planted.cc", '#define HEADER "runtime/sys/file.h"\n#include HEADER\n'),
    Plant("layering", "runtime/plan/planted.h", '#pragma once\n#include "runtime/sys/file.h"\n'),
    # The table, CMake and the includes must agree.
    Plant("layering", "runtime/planted/planted.cc", "int planted;\n", place="runtime/planted"),
    Plant("layering", "cmd/planted/planted.cc", "int planted;\n", place="cmd/planted"),
    Plant("layering", PAGE, "| `scripts` | `runtime/base` |\n" + ROW, ROW),
    Plant("layering", PAGE, ROW + "\n" + ROW, ROW),
    Plant("layering", PAGE, "| runtime/base |", "| `runtime/base` |"),
    Plant("layering", PAGE, "| `runtime/sys` | `runtime/base`, `oci-spec` |", "| `runtime/sys` | `runtime/base` |"),
    Plant("layering", PAGE, "| `runtime/base` | `runtime/sys` |", "| `runtime/base` | the standard library |"),
    Plant("layering", PAGE, "## Who may use what\n", "## Who may use whom\n"),
    Plant("layering", "runtime/console/CMakeLists.txt", "DEPENDS base sys oci", "DEPENDS base sys"),
    Plant("layering", "runtime/console/CMakeLists.txt", "DEPENDS base", "DEPENDS base sys"),
    Plant("layering", "cmd/crux/CMakeLists.txt", "PUBLIC crux_container crux_sys", "PUBLIC crux_container"),
    # Form and size.
    Plant("file-length", "runtime/base/planted.h", "#pragma once\n" + "using planted = int;\n" * 600),
    Plant("function-length", "runtime/base/planted.cc", body("\n    ".join(["work();"] * 49))),
    Plant("function-length", "cmd/crux-net/planted.cc",
          "namespace {\nstruct Planted {\n    Planted(int a, int b)\n        : a_{a}, b_(b) {\n" + "        work();\n" * 50
          + "    }\n    int a_;\n    int b_;\n};\n}\n", place="cmd/crux-net/planted.cc:3: Planted"),
    Plant("function-length", "runtime/plan/planted.h", "#pragma once\ntemplate <class T = int>\ninline auto planted(T) -> T {\n"
          + "    work();\n" * 50 + "}\n"),
    Plant("parameters", "runtime/sys/planted.cc", "static int planted(int a, int b, int c, int d, int e, int f) {\n}\n"),
    Plant("parameters", "cmd/crux/planted.h", "#pragma once\nclass Planted {\n    Planted(int a, Map<int, int> b, int c, int d, int e,"
          " int f) noexcept : a_(a) {}\n    int a_;\n};\n", place="cmd/crux/planted.h:3: Planted: 6 parameters"),
    Plant("pragma-once", "tests/support/planted.h", "int planted();\n"),
    Plant("pragma-once", "runtime/plan/planted.h", "// #pragma once\nint planted();\n"),
    Plant("duplicate-include", "cmd/crux/planted.cc", "#include <string>\n#include <vector>\n#  include <string>  // again\n"),
    Plant("no-todo", "runtime/base/planted.cc", "// TO" "DO: more\n"),
    Plant("no-todo", "tests/system/planted_test.cc", "// X" "XX\n"),
    Plant("trailing-blanks", "runtime/base/planted.cc", "int planted; \n"),
    Plant("trailing-blanks", "tests/planted.sh", "echo planted\t\n"),
    # Pages and comments that name something that does not exist. "@" becomes "gone", which must not occur in this file.
    *(Plant("documents", "docs/doctor.md", "\n" + text.replace("@", "gone") + "\n") for text in (
        "See `runtime/@/@.cc`.", "See runtime/@.", "See `tests/@_*.sh`.", "`@.cc` does it.",
        "`runtime/{sys,@}`", "`@_tests` has them.", "`callers/@.py`", "`crux @`", "`crux run --@ demo`",
        "    crux create --@ demo", "    sudo build/release/crux @ demo", "```console\n$ crux @\n```", "`--@`",
        "`cmake --preset @`", "    cmake --build --preset release --target @", "    ctest --preset release -L @",
        "`conformance.@`", "[there](@.md)", "[there](config.md#@)", "| a | `create_test.cc`: no such words |",
        "`build/release/@`", "`build/@`")),
    Plant("security-claims", "docs/security.md", "| 999 |", "| 10 |"),
    Plant("security-claims", "docs/security.md", "| later |", "| 10 |"),
    Plant("security-claims", "docs/security.md", "`gone_test.cc`", "`lifecycle_test.cc`"),
    Plant("weaknesses", "docs/security.md", "| `sealed-init` |", "| `unsealed-init` |"),
    Plant("weaknesses", "runtime/launch/sealed.cc", "F_SEAL_SEAL | F_SEAL_WRITE",
          "F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE", place="tests/security/weaknesses.py"),
    Plant("documents", "README.md", "\n`docs/gone.md`\n"),
    Plant("documents", "docs/decisions/0001-plan-as-flat-data.md", "\n`runtime/gone`\n"),
    Plant("documents", "bundles/README.md", "\n`bundles/gone`\n"),
    Plant("documents", "runtime/base/text.cc", "// See docs/gone.md.\n"),
    Plant("documents", "tests/bench/run.sh", "# See docs/gone.md.\n"),
    Plant("documents", "CONTRIBUTING.md", "At most 60 lines a function", "At most 50 lines a function"),
    Plant("documents", "CONTRIBUTING.md", "At most a page a function", "At most 50 lines a function"),
    Plant("documents", "docs/decisions/0008-seccomp-instructions.md", "Some 500 lines", "Some 660 lines"),
    # Exceptions.
    Plant("allows", "runtime/base/planted.cc", "// lint: " "allow no-fork: not needed\nint planted;\n"),
    Plant("allows", "runtime/base/planted.cc", "// lint: " "allow no-such-check: why\nint planted;\n"),
    Plant("allows", "runtime/hooks/planted.cc", body("// lint: " "allow no-sleep\n    usleep(1);")),
]


# For the scripts of tests/conformance: script, page, new text, old text, part of the report.
CONFORMANCE = [
    ("check.py", "docs/conformance.md", "gone` |\n", "` |\n", "gone' does not exist"),
    ("check.py", "docs/conformance.md", "| MAY |", "| MUST |", "wrong level MAY"),
    ("check.py", "docs/conformance.md", "", "| MUST ", "is not a row of the table"),
    ("check.py", "docs/conformance.md", " lines.\n", " rows.\n", "does not contain the line"),
    ("check.py", "tests/conformance/properties.txt", "gone.property\n", "", "no row for the property gone.property"),
    ("check.py", "tests/conformance/leaves.txt", "gone.property\n", "", "no example has gone.property"),
    ("check_contract.py", "docs/contract.md", "gone` |\n", "` |\n", "gone' does not exist"),
    ("check_contract.py", "docs/contract.md", " | **open** | `", " | `", "is open"),
    ("check_contract.py", "docs/contract.md", "|---|---|---|\n| no test |\n", "|---|---|---|\n", "is not a row of the table"),
    ("check_contract.py", "docs/contract.md", "| words |", "| tests |", "is not the heading"),
    ("check_docs.py", "docs/doctor.md", "\n`runtime/gone`\n", "", "runtime/gone does not exist"),
    ("examples.py", "docs/config.md", "\n```json\n{}\n```\n", "", "without a console block"),
    ("examples.py", "docs/config.md", "```console\n```\n", "", "without a json block"),
]

# A small tree that is compiled, and its dead code.
COMPILED = {
    "oci-spec/lib.h": """#pragma once
namespace lib {
constexpr int kUsed = 1;
constexpr int kDead = 2;
enum class Word { used, dead_word };
struct Dead {
    int used;
};
int used(int value);
int only_here(int value);
int dead(int value);
int dead(int value, int other);
int for_tests();
int write(int fd);
inline int in_line(int value) { return value; }
inline int dead_in_line(int value) { return value; }
}
""",
    "oci-spec/lib.cc": """#include "oci-spec/lib.h"
#include <unistd.h>
namespace lib {
int only_here(int value) { return value + kUsed; }
int used(int value) { return only_here(value) + in_line(static_cast<int>(Word::used)); }
int dead(int value) { return value; }
int dead(int value, int other) { return value + other; }
int for_tests() { return 1; }
int write(int fd) { return static_cast<int>(::write(fd, "", 0)); }
}
""",
    "oci-spec/lib_test.cc": '#include "oci-spec/lib.h"\n#include "oci-spec/helper.h"\nint test() { return lib::for_tests(); }\n',
    "oci-spec/helper.h": "#pragma once\n",
    "runtime/base/asm.cc": 'extern "C" int called_by_assembly() { return 0; }\nasm("start: call called_by_assembly");\n',
    "cmd/crux/main.cc": '#include "oci-spec/lib.h"\nint main() { return lib::used(1); }\n',
}
DEAD = ["oci-spec/lib.cc:6: lib::dead(int)", "oci-spec/lib.cc:6: lib::dead(int, int)", "oci-spec/lib.cc:8: lib::for_tests()",
        "oci-spec/lib.cc:9: lib::write(int)", "oci-spec/lib.h:4: kDead", "oci-spec/lib.h:5: dead_word",
        "oci-spec/lib.h:6: Dead", "oci-spec/lib.h:16: dead_in_line", "oci-spec/helper.h:1"]


def together():
    """The plants with a file of their own, which one run checks together."""
    texts = [(check, directory, body(line)) for check, plants in BANNED.items() for directory, line in plants]
    texts += [(check, directory, text) for check, plants in WHOLE.items() for directory, text in plants]
    texts += [("layering", directory, f'#include "{header}"\n')
              for directory, headers in INCLUDES.items() for header in headers]
    for number, (check, directory, text) in enumerate(texts):
        yield Plant(check, f"{directory}/planted_{number}.cc", text)


# Programs and a source with the protections of cmake/hardening.cmake, and what each of them looks like without one.
PROGRAM = """int main(void) { return 0; }
void begin(void) { for (;;) {} }
void __attribute__((weak)) unused(void) {}
#ifdef WRITABLE
int rows __asm__("_ZN4crux5kRowsE") = 1;
#endif
"""
UNIT = """#include <cstring>
void take(char*);
void fill(const char* text, unsigned long count) {
    char room[64];
    memcpy(room, text, count);
    take(room);
}
"""
BRANCHES, NO_BRANCHES = {
    "x86_64": ("-fcf-protection=full", "-fcf-protection=none"),
    "aarch64": ("-mbranch-protection=standard", "-mbranch-protection=none"),
}[platform.machine()]
_BOUND = ["-fPIE", BRANCHES, "-Wl,-z,relro,-z,now,-z,noexecstack"]
HARDENED = {
    "crux": [*_BOUND, "-static-pie"],
    "crux-net": [*_BOUND, "-pie"],
    "runtime/init/crux-init": ["-fPIE", BRANCHES, "-nostdlib", "-static-pie",
                               "-Wl,--no-dynamic-linker,-z,noexecstack,-e,begin"],
}
HARDENED_UNIT = ["-O2", "-fPIE", BRANCHES, "-fstack-protector-strong", "-D_FORTIFY_SOURCE=3"]
# program, options taken away, options added, what the check says
UNPROTECTED = (
    ("crux", ["-static-pie"], ["-static", "-no-pie"], "is not position-independent"),
    ("crux", [], ["-Wl,-z,execstack"], "has an executable stack"),
    ("crux", [], ["-DWRITABLE"], "_ZN4crux5kRowsE can be written"),
    ("runtime/init/crux-init", [], ["-Wl,-N,--no-warn-rwx-segments"], "writable and executable"),
    ("crux-net", ["-pie"], ["-no-pie"], "is not position-independent"),
    ("crux-net", [], ["-Wl,-z,norelro"], "GNU_RELRO"),
    ("crux-net", [], ["-Wl,-z,lazy"], "BIND_NOW"),
    ("runtime/init/crux-init", [], [NO_BRANCHES], "has no branch protection"),
    ("runtime/init/crux-init", ["-nostdlib", "-static-pie"], ["-static-pie", "-Wl,-e,_start"], "has relocations"),
)
UNPROTECTED_UNITS = (
    (["-fPIE"], ["-fno-pie"], "runtime/base/one.cc: is compiled without -fPIE"),
    (["-fstack-protector-strong"], [], "runtime/base/one.cc: is compiled without -fstack-protector-strong"),
    ([], ["-fno-stack-protector"], "no object refers to __stack_chk_fail"),
    (["-D_FORTIFY_SOURCE=3"], [], "no object refers to a checked function"),
    ([], ["-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2"], "runtime/base/one.cc: is compiled without -D_FORTIFY_SOURCE=3"),
    ([], [NO_BRANCHES], "runtime/base/one.cc: has no branch protection"),
)

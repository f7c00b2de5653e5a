#include "runtime/seccomp/compile.h"
#include "runtime/seccomp/calls.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <random>

#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/seccomp/flags.h"
#include "runtime/seccomp/interpreter_test.h"
#include "tests/support/catch.h"

namespace crux::seccomp {
namespace {

using oci::SeccompAction;
using oci::SeccompArch;
using oci::SeccompArg;
using oci::SeccompFlag;
using oci::SeccompOperator;
using oci::SeccompRule;
using testing::answer;

#if defined(__x86_64__)
constexpr std::uint32_t kNative = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kNative = AUDIT_ARCH_AARCH64;
#elif defined(__riscv)
constexpr std::uint32_t kNative = AUDIT_ARCH_RISCV64;
#endif

constexpr std::uint32_t error(std::uint32_t number) {
    return SECCOMP_RET_ERRNO | number;
}
constexpr std::uint32_t kEperm = error(EPERM);
constexpr std::uint32_t kEnosys = error(ENOSYS);

oci::Seccomp profile(SeccompAction default_action, std::vector<SeccompRule> rules) {
    oci::Seccomp made;
    made.default_action = default_action;
    made.syscalls = std::move(rules);
    made.listener_path = "/run/agent.sock";
    return made;
}

SeccompRule allow(std::vector<std::string> names, std::vector<SeccompArg> args = {}) {
    return {.names = std::move(names),
            .action = SeccompAction::allow,
            .errno_ret = {},
            .args = std::move(args)};
}

BpfProgram compiled(const oci::Seccomp& wanted) {
    Result<BpfProgram> program = compile(wanted);
    if (!program) FAIL(program.error().message());
    return std::move(*program);
}

std::string refusal(const oci::Seccomp& wanted) {
    Result<BpfProgram> program = compile(wanted);
    return program ? "compiled" : program.error().message();
}

/// Names of calls that exist on every architecture that crux supports.
const std::vector<std::string> kManyNames{
    "accept",       "accept4",      "acct",      "bind",          "brk",
    "capget",       "capset",       "chdir",     "clock_gettime", "close",
    "connect",      "dup",          "dup3",      "epoll_create1", "epoll_ctl",
    "eventfd2",     "execve",       "execveat",  "exit",          "exit_group",
    "faccessat",    "fallocate",    "fchdir",    "fchmod",        "fchmodat",
    "fchown",       "fchownat",     "fdatasync", "fgetxattr",     "flock",
    "fsync",        "futex",        "getcwd",    "getdents64",    "getegid",
    "geteuid",      "getgid",       "getgroups", "getpid",        "getppid",
    "getrandom",    "gettid",       "getuid",    "kill",          "listen",
    "madvise",      "memfd_create", "mkdirat",   "mmap",          "mprotect",
    "munmap",       "nanosleep",    "openat",    "pipe2",         "ppoll",
    "prctl",        "pread64",      "prlimit64", "pwrite64",      "read",
    "readlinkat",   "recvfrom",     "renameat2", "rt_sigaction",  "rt_sigprocmask",
    "rt_sigreturn", "sched_yield",  "sendto",    "setsockopt",    "socket",
    "statx",        "tgkill",       "uname",     "unlinkat",      "wait4",
    "write",        "writev",
};

TEST_CASE("each action becomes what the kernel calls it") {
    struct Row {
        SeccompAction action;
        std::optional<std::uint32_t> errno_ret;
        std::uint32_t expected;
    };
    const Row rows[] = {
        {SeccompAction::kill, {}, SECCOMP_RET_KILL_THREAD},
        {SeccompAction::kill_thread, {}, SECCOMP_RET_KILL_THREAD},
        {SeccompAction::kill_process, {}, SECCOMP_RET_KILL_PROCESS},
        {SeccompAction::trap, {}, SECCOMP_RET_TRAP},
        {SeccompAction::errno_, {}, kEperm},
        {SeccompAction::errno_, 0, error(0)},
        {SeccompAction::errno_, EACCES, error(EACCES)},
        {SeccompAction::errno_, 4095, error(4095)},
        {SeccompAction::trace, {}, SECCOMP_RET_TRACE | EPERM},
        {SeccompAction::trace, 7, SECCOMP_RET_TRACE | 7},
        {SeccompAction::log, {}, SECCOMP_RET_LOG},
        {SeccompAction::notify, {}, SECCOMP_RET_USER_NOTIF},
        {SeccompAction::allow, {}, SECCOMP_RET_ALLOW},
    };
    for (const Row& row : rows) {
        CAPTURE(static_cast<int>(row.action), row.expected);
        const SeccompRule rule{
            .names = {"getpid"}, .action = row.action, .errno_ret = row.errno_ret, .args = {}};
        // As a rule with a different default, and as the default.
        const SeccompAction other =
            row.action == SeccompAction::allow ? SeccompAction::trap : SeccompAction::allow;
        CHECK(answer(compiled(profile(other, {rule})).instructions, kNative, __NR_getpid) ==
              row.expected);
        oci::Seccomp by_default = profile(row.action, {});
        by_default.default_errno_ret = row.errno_ret;
        CHECK(answer(compiled(by_default).instructions, kNative, __NR_getpid) == row.expected);
    }
}

TEST_CASE("each operator compares whole 64-bit arguments") {
    constexpr std::uint64_t kValue = 0x1'0000'0007;
    struct Row {
        SeccompOperator op;
        bool below, equal, above;
    };
    const Row rows[] = {
        {SeccompOperator::ne, true, false, true}, {SeccompOperator::lt, true, false, false},
        {SeccompOperator::le, true, true, false}, {SeccompOperator::eq, false, true, false},
        {SeccompOperator::ge, false, true, true}, {SeccompOperator::gt, false, false, true},
    };
    for (const Row& row : rows) {
        const BpfProgram program = compiled(profile(
            SeccompAction::errno_,
            {allow({"prctl"}, {{.index = 1, .value = kValue, .value_two = 0, .op = row.op}})}));
        const auto allowed = [&program](std::uint64_t argument) {
            return answer(program.instructions, kNative, __NR_prctl, {0, argument}) ==
                   SECCOMP_RET_ALLOW;
        };
        CAPTURE(static_cast<int>(row.op));
        CHECK(allowed(kValue - 1) == row.below);
        CHECK(allowed(kValue) == row.equal);
        CHECK(allowed(kValue + 1) == row.above);
        // Only the upper half differs.
        CHECK(allowed(0x0'0000'0007) == row.below);
        CHECK(allowed(0x2'0000'0007) == row.above);
    }
}

TEST_CASE("a masked comparison takes the mask from value and the datum from valueTwo") {
    const BpfProgram program = compiled(
        profile(SeccompAction::errno_, {allow({"clone"}, {{.index = 0,
                                                           .value = 0xff00'0000'0000'00f0,
                                                           .value_two = 0x1200'0000'0000'0030,
                                                           .op = SeccompOperator::masked_eq}})}));
    const auto ask = [&program](std::uint64_t argument) {
        return answer(program.instructions, kNative, __NR_clone, {argument});
    };
    CHECK(ask(0x1200'0000'0000'0030) == SECCOMP_RET_ALLOW);
    CHECK(ask(0x12ff'ffff'ffff'ff3f) == SECCOMP_RET_ALLOW);
    CHECK(ask(0x1200'0000'0000'0040) == kEperm);
    CHECK(ask(0x1300'0000'0000'0030) == kEperm);
}

TEST_CASE("conditions on different arguments must all hold") {
    const BpfProgram program = compiled(
        profile(SeccompAction::errno_,
                {allow({"socket"},
                       {{.index = 0, .value = 2, .value_two = 0, .op = SeccompOperator::eq},
                        {.index = 5, .value = 9, .value_two = 0, .op = SeccompOperator::lt}})}));
    const auto ask = [&program](std::uint64_t first, std::uint64_t last) {
        return answer(program.instructions, kNative, __NR_socket, {first, 0, 0, 0, 0, last});
    };
    CHECK(ask(2, 8) == SECCOMP_RET_ALLOW);
    CHECK(ask(2, 9) == kEperm);
    CHECK(ask(3, 8) == kEperm);
}

TEST_CASE("conditions on one argument are alternatives") {
    const BpfProgram program = compiled(
        profile(SeccompAction::errno_,
                {allow({"personality"},
                       {{.index = 0, .value = 0, .value_two = 0, .op = SeccompOperator::eq},
                        {.index = 0, .value = 8, .value_two = 0, .op = SeccompOperator::eq}})}));
    const auto ask = [&program](std::uint64_t argument) {
        return answer(program.instructions, kNative, __NR_personality, {argument});
    };
    CHECK(ask(0) == SECCOMP_RET_ALLOW);
    CHECK(ask(8) == SECCOMP_RET_ALLOW);
    CHECK(ask(7) == kEperm);
}

/// Numbers that differ by one from the compared value, in either half of an argument.
std::uint64_t edge(std::mt19937& random) {
    const std::uint64_t near[] = {0, 1, 2, 7, 8, 0xffff'ffff, 0x1'0000'0000, 0x1'0000'0007};
    return near[random() % std::size(near)];
}

bool holds(const SeccompArg& arg, std::uint64_t actual) {
    switch (arg.op) {
        case SeccompOperator::ne:
            return actual != arg.value;
        case SeccompOperator::lt:
            return actual < arg.value;
        case SeccompOperator::le:
            return actual <= arg.value;
        case SeccompOperator::eq:
            return actual == arg.value;
        case SeccompOperator::ge:
            return actual >= arg.value;
        case SeccompOperator::gt:
            return actual > arg.value;
        case SeccompOperator::masked_eq:
            return (actual & arg.value) == (arg.value_two & arg.value);
    }
    return false;
}

TEST_CASE("random rules give the same results as a direct evaluation") {
    std::mt19937 random(20261124);
    for (int round = 0; round < 300; ++round) {
        std::vector<SeccompRule> rules;
        for (std::size_t count = 1 + random() % 3; count > 0; --count) {
            std::vector<SeccompArg> args;
            std::size_t index = random() % 3;
            for (std::size_t more = 1 + random() % 3; more > 0; --more, index += 1 + random() % 2)
                if (index < 6)
                    args.push_back({.index = static_cast<std::uint32_t>(index),
                                    .value = edge(random),
                                    .value_two = edge(random),
                                    .op = static_cast<SeccompOperator>(random() % 7)});
            rules.push_back(allow({"prctl"}, args));
        }
        const BpfProgram program = compiled(profile(SeccompAction::errno_, rules));
        for (int call = 0; call < 200; ++call) {
            std::array<std::uint64_t, 6> actual{};
            for (std::uint64_t& argument : actual) argument = edge(random);
            const bool allowed = std::ranges::any_of(rules, [&](const SeccompRule& rule) {
                return std::ranges::all_of(rule.args, [&](const SeccompArg& arg) {
                    return holds(arg, actual[arg.index]);
                });
            });
            CAPTURE(round, call);
            REQUIRE(answer(program.instructions, kNative, __NR_prctl, actual) ==
                    (allowed ? SECCOMP_RET_ALLOW : kEperm));
        }
    }
}

TEST_CASE("rules with the default action are left out") {
    const SeccompRule redundant{
        .names = {"getpid"}, .action = SeccompAction::errno_, .errno_ret = EPERM, .args = {}};
    const SeccompRule different{
        .names = {"getppid"}, .action = SeccompAction::errno_, .errno_ret = EACCES, .args = {}};
    const BpfProgram program = compiled(profile(SeccompAction::errno_, {redundant, different}));
    CHECK(answer(program.instructions, kNative, __NR_getpid) == kEperm);
    CHECK(answer(program.instructions, kNative, __NR_getppid) == error(EACCES));
}

TEST_CASE("unknown system calls are named once and the rest of the rule holds") {
    const BpfProgram program =
        compiled(profile(SeccompAction::errno_, {allow({"no_such_call", "getpid", "nor_this"}),
                                                 allow({"no_such_call", "getppid"})}));
    CHECK(program.unknown_syscalls == std::vector<std::string>{"no_such_call", "nor_this"});
    CHECK(answer(program.instructions, kNative, __NR_getpid) == SECCOMP_RET_ALLOW);
    CHECK(answer(program.instructions, kNative, __NR_getppid) == SECCOMP_RET_ALLOW);
}

TEST_CASE("a suggestion follows a misspelled system call, and none follows a newer one") {
    CHECK(with_suggestions({"opnat", "openta", "getpdi", "no_such_call", ""}) ==
          std::vector<std::string>{"opnat (did you mean \"openat\"?)",
                                   "openta (did you mean \"openat\"?)",
                                   "getpdi (did you mean \"getpid\"?)", "no_such_call", ""});
    // Linux 6.11, for x86_64 only; libseccomp may be older.
    if (!is_known_call("uretprobe"))
        CHECK(with_suggestions({"uretprobe"}) == std::vector<std::string>{"uretprobe"});
    CHECK(with_suggestions({}).empty());
}

TEST_CASE("calls newer than the profile get ENOSYS where the default would refuse them") {
    struct Row {
        SeccompAction action;
        std::uint32_t older, newer;
    };
    const Row rows[] = {
        {SeccompAction::errno_, kEperm, kEnosys},
        {SeccompAction::kill, SECCOMP_RET_KILL_THREAD, kEnosys},
        {SeccompAction::kill_process, SECCOMP_RET_KILL_PROCESS, kEnosys},
        {SeccompAction::trap, SECCOMP_RET_TRAP, kEnosys},
        {SeccompAction::allow, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW},
        {SeccompAction::log, SECCOMP_RET_LOG, SECCOMP_RET_LOG},
        {SeccompAction::trace, SECCOMP_RET_TRACE | EPERM, SECCOMP_RET_TRACE | EPERM},
        {SeccompAction::notify, SECCOMP_RET_USER_NOTIF, SECCOMP_RET_USER_NOTIF},
    };
    for (const Row& row : rows) {
        CAPTURE(static_cast<int>(row.action));
        const BpfProgram program = compiled(profile(row.action, {allow({"statx", "getpid"})}));
        CHECK(answer(program.instructions, kNative, __NR_statx) == SECCOMP_RET_ALLOW);
        CHECK(answer(program.instructions, kNative, __NR_statx - 1) == row.older);
        CHECK(answer(program.instructions, kNative, __NR_statx + 1) == row.newer);
    }
}

TEST_CASE("a call that only a refusing rule names counts as known") {
    const SeccompRule refused{
        .names = {"openat2"}, .action = SeccompAction::errno_, .errno_ret = {}, .args = {}};
    const BpfProgram program = compiled(profile(SeccompAction::errno_, {allow({"read"}), refused}));
    CHECK(answer(program.instructions, kNative, __NR_openat2) == kEperm);
    CHECK(answer(program.instructions, kNative, __NR_openat2 + 1) == kEnosys);
}

TEST_CASE("a call of an architecture that is not listed kills the thread") {
    const BpfProgram program = compiled(profile(SeccompAction::allow, {}));
    CHECK(answer(program.instructions, AUDIT_ARCH_PPC64LE, 1) == SECCOMP_RET_KILL_THREAD);
}

TEST_CASE("each listed architecture has its own numbers") {
    oci::Seccomp wanted = profile(SeccompAction::errno_, {allow({"read", "statx"})});
    wanted.architectures = {SeccompArch::aarch64, SeccompArch::riscv64, SeccompArch::x86_64,
                            SeccompArch::x86,     SeccompArch::x32,     SeccompArch::arm};
    const BpfProgram program = compiled(wanted);
    struct Row {
        std::uint32_t arch, read, last, other;
    };
    const Row rows[] = {
        {AUDIT_ARCH_AARCH64, 63, 291, 64},
        {AUDIT_ARCH_RISCV64, 63, 291, 64},
        {AUDIT_ARCH_X86_64, 0, 332, 1},
        {AUDIT_ARCH_I386, 3, 383, 4},
        {AUDIT_ARCH_ARM, 3, 397, 4},
        {AUDIT_ARCH_X86_64, 0x40000000, 0x40000000 | 332, 0x40000000 | 1},
    };
    for (const Row& row : rows) {
        CAPTURE(row.arch, row.read);
        CHECK(answer(program.instructions, row.arch, row.read) == SECCOMP_RET_ALLOW);
        CHECK(answer(program.instructions, row.arch, row.last) == SECCOMP_RET_ALLOW);
        CHECK(answer(program.instructions, row.arch, row.other) == kEperm);
        CHECK(answer(program.instructions, row.arch, row.last + 1) == kEnosys);
    }
}

TEST_CASE("a long profile gives the same result for each call as a short one") {
    const BpfProgram all = compiled(profile(SeccompAction::errno_, {allow(kManyNames)}));
    std::vector<bool> allowed(1000, false);
    std::uint32_t last = 0;
    for (const std::string& name : kManyNames) {
        const BpfProgram one = compiled(profile(SeccompAction::errno_, {allow({name})}));
        for (std::uint32_t number = 0; number < allowed.size(); ++number)
            if (answer(one.instructions, kNative, number) == SECCOMP_RET_ALLOW) {
                allowed[number] = true;
                last = std::max(last, number);
            }
    }
    REQUIRE(std::ranges::count(allowed, true) == std::ssize(kManyNames));
    for (std::uint32_t number = 0; number < allowed.size(); ++number) {
        CAPTURE(number);
        const std::uint32_t refused = number > last ? kEnosys : kEperm;
        CHECK(answer(all.instructions, kNative, number) ==
              (allowed[number] ? SECCOMP_RET_ALLOW : refused));
    }
}

TEST_CASE("a long profile whose rules all say what the default says compiles") {
    const BpfProgram program = compiled(profile(SeccompAction::allow, {allow(kManyNames)}));
    CHECK(answer(program.instructions, kNative, __NR_read) == SECCOMP_RET_ALLOW);
}

TEST_CASE("flags become the kernel's bits") {
    struct Row {
        std::optional<std::vector<SeccompFlag>> flags;
        SeccompAction action;
        std::uint32_t expected;
    };
    const Row rows[] = {
        {{}, SeccompAction::allow, SECCOMP_FILTER_FLAG_SPEC_ALLOW},
        {std::vector<SeccompFlag>{}, SeccompAction::allow, 0},
        {{{SeccompFlag::tsync}}, SeccompAction::allow, SECCOMP_FILTER_FLAG_TSYNC},
        {{{SeccompFlag::log, SeccompFlag::spec_allow}},
         SeccompAction::allow,
         SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW},
        {{{SeccompFlag::log, SeccompFlag::wait_killable_recv}},
         SeccompAction::allow,
         SECCOMP_FILTER_FLAG_LOG},
        {{},
         SeccompAction::notify,
         SECCOMP_FILTER_FLAG_SPEC_ALLOW | SECCOMP_FILTER_FLAG_NEW_LISTENER},
        {{{SeccompFlag::tsync}},
         SeccompAction::notify,
         SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH |
             SECCOMP_FILTER_FLAG_NEW_LISTENER},
    };
    for (const Row& row : rows) {
        oci::Seccomp wanted =
            profile(SeccompAction::errno_,
                    {{.names = {"getpid"}, .action = row.action, .errno_ret = {}, .args = {}}});
        wanted.flags = row.flags;
        const BpfProgram program = compiled(wanted);
        CAPTURE(row.expected);
        CHECK(program.flags == row.expected);
        CHECK(program.wants_listener == (row.action == SeccompAction::notify));
    }
}

TEST_CASE("every flag of the floor's kernel is found on this one", "[kernel]") {
    CHECK(flag_supported(SeccompFlag::tsync));
    CHECK(flag_supported(SeccompFlag::log));
    CHECK(flag_supported(SeccompFlag::spec_allow));
    // The program is a null pointer: if the kernel had accepted it, this process would be filtered
    // now.
    CHECK(::prctl(PR_GET_SECCOMP) == 0);
}

TEST_CASE("errors in a profile have their pointer") {
    const auto rule = [](SeccompAction action, std::optional<std::uint32_t> errno_ret,
                         std::vector<SeccompArg> args = {}) {
        return SeccompRule{.names = {"getpid", "chmod"},
                           .action = action,
                           .errno_ret = errno_ret,
                           .args = std::move(args)};
    };
    const auto with_default = [](SeccompAction action, std::uint32_t errno_ret) {
        oci::Seccomp made = profile(action, {});
        made.default_errno_ret = errno_ret;
        return made;
    };
    oci::Seccomp no_listener = profile(SeccompAction::notify, {});
    no_listener.listener_path.clear();

    struct Row {
        oci::Seccomp wanted;
        std::string expected;
    };
    const Row rows[] = {
        {with_default(SeccompAction::allow, 1),
         "SCMP_ACT_ALLOW does not support an errno (config.json: /linux/seccomp/defaultErrnoRet)"},
        {with_default(SeccompAction::errno_, 4096),
         "errno 4096 must be in the range 0 to 4095 (config.json: /linux/seccomp/defaultErrnoRet)"},
        {with_default(SeccompAction::trace, 65536),
         "errno 65536 must be in the range 0 to 65535 (config.json: "
         "/linux/seccomp/defaultErrnoRet)"},
        {profile(SeccompAction::allow,
                 {rule(SeccompAction::errno_, 1), rule(SeccompAction::kill, 1)}),
         "SCMP_ACT_KILL does not support an errno (config.json: "
         "/linux/seccomp/syscalls/1/errnoRet)"},
        {profile(SeccompAction::allow, {rule(SeccompAction::notify, 1)}),
         "SCMP_ACT_NOTIFY does not support an errno (config.json: "
         "/linux/seccomp/syscalls/0/errnoRet)"},
        {profile(SeccompAction::allow,
                 {rule(SeccompAction::kill, {},
                       {{.index = 5, .value = 0, .value_two = 0, .op = SeccompOperator::eq},
                        {.index = 6, .value = 0, .value_two = 0, .op = SeccompOperator::eq}})}),
         "argument 6 does not exist: must be in the range 0 to 5 (config.json: "
         "/linux/seccomp/syscalls/0/args/1/index)"},
        {no_listener,
         "is required with SCMP_ACT_NOTIFY (config.json: /linux/seccomp/listenerPath)"},
    };
    for (const Row& row : rows) CHECK(refusal(row.wanted) == row.expected);
}

TEST_CASE("every architecture that features lists is compiled") {
    for (const auto& word : oci::kSeccompArchs) {
        oci::Seccomp wanted = profile(SeccompAction::allow, {});
        wanted.architectures = {word.value};
        INFO(word.name);
        CHECK(refusal(wanted) == "compiled");
    }
}

TEST_CASE("an architecture that no process of this machine can have adds nothing") {
    const oci::Seccomp own = profile(SeccompAction::errno_, {allow({"read"})});
    oci::Seccomp foreign = own;
    // Of the other byte order; all machines that crux supports are little-endian.
    foreign.architectures = {SeccompArch::s390x, SeccompArch::m68k, SeccompArch::sheb};
    CHECK(compiled(foreign).instructions == compiled(own).instructions);
}

TEST_CASE("a filter that is too long for the kernel is refused") {
    std::vector<SeccompArg> args;
    for (std::uint64_t value = 0; value < 3000; ++value)
        args.push_back(
            {.index = 0, .value = value << 32U, .value_two = 0, .op = SeccompOperator::eq});
    const std::string told =
        refusal(profile(SeccompAction::errno_, {allow({"personality"}, args)}));
    CHECK_THAT(told, Catch::StartsWith("the filter has "));
    CHECK_THAT(
        told,
        Catch::EndsWith(
            "instructions: exceeds the kernel's limit of 4096 (config.json: /linux/seccomp)"));
}

/// Ends the process with only the system call, because a sanitizer intercepts _exit.
void leave(int code) {
    ::syscall(SYS_exit_group, code);
}

/// The exit status of a child that loads the program and then calls getppid.
int status_under(const BpfProgram& program) {
    const pid_t child = ::fork();
    if (child == 0) {
        const sock_fprog wire{static_cast<unsigned short>(program.instructions.size()),
                              // The kernel does not write to it.
                              const_cast<sock_filter*>(reinterpret_cast<const sock_filter*>(
                                  program.instructions.data()))};
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, program.flags, &wire) != 0) leave(100);
        const long parent = ::syscall(SYS_getppid);
        leave(parent > 0 ? 0 : errno);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
}

TEST_CASE("the kernel takes the program and acts on it", "[kernel]") {
    const auto under = [](SeccompAction action, std::optional<std::uint32_t> errno_ret) {
        return status_under(compiled(profile(
            SeccompAction::allow,
            {{.names = {"getppid"}, .action = action, .errno_ret = errno_ret, .args = {}}})));
    };
    CHECK(under(SeccompAction::allow, {}) == W_EXITCODE(0, 0));
    CHECK(under(SeccompAction::log, {}) == W_EXITCODE(0, 0));
    CHECK(under(SeccompAction::errno_, EACCES) == W_EXITCODE(EACCES, 0));
    CHECK(under(SeccompAction::trace, {}) == W_EXITCODE(ENOSYS, 0));
    for (SeccompAction action :
         {SeccompAction::kill, SeccompAction::kill_process, SeccompAction::trap}) {
        const int status = under(action, {});
        CHECK(WIFSIGNALED(status));
        CHECK(WTERMSIG(status) == SIGSYS);
    }
    const BpfProgram all = compiled(profile(SeccompAction::errno_, {allow(kManyNames)}));
    CHECK(status_under(all) == W_EXITCODE(0, 0));
}

}  // namespace
}  // namespace crux::seccomp

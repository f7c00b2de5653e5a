#include "runtime/seccomp/filter.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>
#include <random>

#include "runtime/seccomp/calls.h"
#include "runtime/seccomp/interpreter_test.h"
#include "runtime/seccomp/names.h"
#include "runtime/sys/file.h"
#include "runtime/sys/memfd.h"
#include "tests/support/catch.h"

// Compares the filters with those of libseccomp's own generator.

namespace crux::seccomp {
namespace {

using oci::SeccompAction;
using oci::SeccompArch;
using oci::SeccompRule;

/// The architectures of this machine's byte order that one filter can contain together.
const std::vector<SeccompArch> kArchitectures{
    SeccompArch::x86_64,  SeccompArch::x86,     SeccompArch::x32,      SeccompArch::arm,
    SeccompArch::aarch64, SeccompArch::mipsel,  SeccompArch::mipsel64, SeccompArch::mipsel64n32,
    SeccompArch::ppc64le, SeccompArch::riscv64,
};

std::vector<Instruction> filter_of(const oci::Seccomp& profile) {
    const Result<Filter> filter = compile_filter(profile);
    if (!filter) FAIL(filter.error().message());
    return filter->instructions;
}

std::vector<Instruction> libseccomps_filter(const oci::Seccomp& profile) {
    scmp_filter_ctx context =
        seccomp_init(action_value(profile.default_action, profile.default_errno_ret));
    for (SeccompArch arch : profile.architectures)
        if (architecture_token(arch) != seccomp_arch_native())
            REQUIRE(seccomp_arch_add(context, architecture_token(arch)) == 0);
    for (const SeccompRule& rule : profile.syscalls)
        for (const std::string& name : rule.names)
            REQUIRE(seccomp_rule_add_array(context, action_value(rule.action, rule.errno_ret),
                                           seccomp_syscall_resolve_name(name.c_str()), 0,
                                           nullptr) == 0);
    const auto file = sys::memfd_create("second-opinion");
    REQUIRE(file);
    REQUIRE(seccomp_export_bpf(context, file->get()) == 0);
    seccomp_release(context);
    std::vector<Instruction> code(static_cast<std::size_t>(::lseek(file->get(), 0, SEEK_END)) /
                                  sizeof(Instruction));
    const auto size = static_cast<ssize_t>(code.size() * sizeof(Instruction));
    REQUIRE(::pread(file->get(), code.data(), static_cast<std::size_t>(size), 0) == size);
    return code;
}

/// Every name in libseccomp's table of the native architecture.
std::vector<std::string> all_names() {
    std::vector<std::string> names;
    for (int number = 0; number < 512; ++number) {
        char* name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
        if (name != nullptr) names.emplace_back(name);
        ::free(name);
    }
    return names;
}

/// The numbers where the result may change, of all architectures.
std::vector<std::uint32_t> telling_numbers() {
    std::vector<std::uint32_t> numbers;
    for (std::uint32_t base : {0U, 4000U, 5000U, 6000U, 0xf0000U, 0x40000000U})
        for (std::uint32_t number = base; number < base + 600; ++number) numbers.push_back(number);
    for (std::uint32_t number : {0x3fffffffU, 0x7fffffffU, 0x80000000U, 0xfffffffeU, 0xffffffffU})
        numbers.push_back(number);
    return numbers;
}

void check_same(const oci::Seccomp& profile) {
    const std::vector<Instruction> ours = filter_of(profile);
    const std::vector<Instruction> theirs = libseccomps_filter(profile);
    std::vector<std::uint32_t> audit{AUDIT_ARCH_S390X, AUDIT_ARCH_PPC64, 0};
    for (SeccompArch arch : kArchitectures)
        if (arch != SeccompArch::x32) audit.push_back(architecture_token(arch));
    std::size_t compared = 0;
    for (std::uint32_t arch : audit) {
        for (std::uint32_t number : telling_numbers()) {
            // The first argument selects the call behind socketcall and ipc.
            for (std::uint64_t selector : {0U, 1U, 2U, 13U, 23U}) {
                ++compared;
                if (testing::answer(ours, arch, number, {selector}) ==
                    testing::answer(theirs, arch, number, {selector}))
                    continue;
                FAIL("architecture " << arch << ", number " << number << ", first argument "
                                     << selector);
            }
        }
    }
    CHECK(compared > 100'000);
}

TEST_CASE("rules without conditions answer as libseccomp's filter does, on every architecture",
          "[kernel]") {
    std::mt19937 random(7);
    const std::vector<std::string> names = all_names();
    for (int round = 0; round < 3; ++round) {
        // A default that allows calls, because libseccomp does not use ENOSYS for newer ones.
        oci::Seccomp profile;
        profile.default_action = SeccompAction::log;
        profile.architectures = round == 0 ? std::vector<SeccompArch>{} : kArchitectures;
        SeccompRule allowed{
            .names = {}, .action = SeccompAction::allow, .errno_ret = {}, .args = {}};
        SeccompRule refused{
            .names = {}, .action = SeccompAction::errno_, .errno_ret = ENOTTY, .args = {}};
        for (const std::string& name : names) {
            const auto choice = random() % 3;
            if (choice == 0) allowed.names.push_back(name);
            if (choice == 1) refused.names.push_back(name);
        }
        profile.syscalls = {allowed, refused};
        CAPTURE(round);
        check_same(profile);
    }
}

/// A rule for fchmod with one condition on an argument.
SeccompRule when(std::uint32_t index, oci::SeccompOperator op, std::uint64_t value,
                 SeccompAction action, std::optional<std::uint32_t> errno_ret = {}) {
    return {.names = {"fchmod"},
            .action = action,
            .errno_ret = errno_ret,
            .args = {{.index = index, .value = value, .value_two = 0, .op = op}}};
}

TEST_CASE("of several rules for one call the first without conditions decides") {
    using enum oci::SeccompOperator;
    const SeccompRule first{
        .names = {"fchmod"}, .action = SeccompAction::allow, .errno_ret = {}, .args = {}};
    const SeccompRule second{
        .names = {"fchmod"}, .action = SeccompAction::errno_, .errno_ret = 5, .args = {}};
    const SeccompRule conditional = when(1, eq, 7, SeccompAction::errno_, 9);
    struct Row {
        std::vector<SeccompRule> rules;
        std::uint32_t expected;
    };
    const Row rows[] = {
        {{first, second}, SECCOMP_RET_ALLOW},      {{second, first}, SECCOMP_RET_ERRNO | 5},
        {{conditional, first}, SECCOMP_RET_ALLOW}, {{first, conditional}, SECCOMP_RET_ALLOW},
        {{conditional}, SECCOMP_RET_ERRNO | 9},
    };
    const auto number = static_cast<std::uint32_t>(seccomp_syscall_resolve_name("fchmod"));
    for (const Row& row : rows) {
        oci::Seccomp profile;
        profile.syscalls = row.rules;
        const auto audit = seccomp_arch_native();
        CHECK(testing::answer(filter_of(profile), audit, number, {0, 7}) == row.expected);
    }
}

TEST_CASE("of several rules with conditions that hold the strictest decides, in any order") {
    using enum oci::SeccompOperator;
    const SeccompRule allow = when(1, ge, 5, SeccompAction::allow);
    const SeccompRule refuse = when(1, eq, 7, SeccompAction::errno_, 9);
    const SeccompRule other = when(0, eq, 1, SeccompAction::errno_, 4);
    const SeccompRule log = when(0, eq, 1, SeccompAction::log);
    const SeccompRule die = when(2, eq, 3, SeccompAction::kill_process);
    struct Row {
        std::vector<SeccompRule> rules;
        std::array<std::uint64_t, 6> arguments;
        std::uint32_t expected;
    };
    const Row rows[] = {
        {{allow, refuse}, {0, 7}, SECCOMP_RET_ERRNO | 9},
        {{refuse, allow}, {0, 7}, SECCOMP_RET_ERRNO | 9},
        {{allow, refuse}, {0, 6}, SECCOMP_RET_ALLOW},
        {{allow, refuse}, {0, 4}, SECCOMP_RET_TRAP},
        {{allow, log}, {1, 6}, SECCOMP_RET_LOG},
        {{allow, log, refuse, die}, {1, 7, 3}, SECCOMP_RET_KILL_PROCESS},
        // Equally strict: the first one decides.
        {{refuse, other}, {1, 7}, SECCOMP_RET_ERRNO | 9},
        {{other, refuse}, {1, 7}, SECCOMP_RET_ERRNO | 4},
    };
    const auto number = static_cast<std::uint32_t>(seccomp_syscall_resolve_name("fchmod"));
    for (const Row& row : rows) {
        oci::Seccomp profile;
        profile.default_action = SeccompAction::trap;
        profile.syscalls = row.rules;
        CHECK(testing::answer(filter_of(profile), seccomp_arch_native(), number, row.arguments) ==
              row.expected);
    }
}

TEST_CASE("rules that make libseccomp loop forever are compiled") {
    // Two rules with the same inequality and a further condition (libseccomp 2.5.4 loops forever).
    using enum oci::SeccompOperator;
    SeccompRule first = when(1, ne, 7, SeccompAction::allow);
    SeccompRule second = first;
    first.args.push_back({.index = 2, .value = 8, .value_two = 0, .op = eq});
    second.args.push_back({.index = 3, .value = 2, .value_two = 0, .op = eq});
    oci::Seccomp profile;
    profile.syscalls = {first, second};
    const std::vector<Instruction> filter = filter_of(profile);
    const auto ask = [&filter](std::array<std::uint64_t, 6> arguments) {
        return testing::answer(filter, seccomp_arch_native(),
                               static_cast<std::uint32_t>(seccomp_syscall_resolve_name("fchmod")),
                               arguments) == SECCOMP_RET_ALLOW;
    };
    CHECK(ask({0, 1, 8, 0}));
    CHECK(ask({0, 1, 0, 2}));
    CHECK(!ask({0, 1, 0, 0}));
    CHECK(!ask({0, 7, 8, 2}));
}

#ifdef __x86_64__
TEST_CASE("a 32-bit argument is compared as a number, and as its sign extension") {
    using enum oci::SeccompOperator;
    struct Row {
        oci::SeccompOperator op;
        std::uint64_t value;
        std::uint32_t actual;
        bool holds;
    };
    constexpr std::uint64_t kMinusOne = ~std::uint64_t{0};
    constexpr std::uint64_t kLarge = 0x1'0000'0007;
    const Row rows[] = {
        {eq, 7, 7, true},
        {eq, kLarge, 7, false},
        {ne, kLarge, 7, true},
        {lt, kLarge, 9, true},
        {le, kLarge, 9, true},
        {gt, kLarge, 9, false},
        {ge, kLarge, 9, false},
        {eq, kMinusOne, 0xffffffff, true},
        {ne, kMinusOne, 5, true},
        {ne, kMinusOne, 0xffffffff, false},
        {eq, 0xffffffff, 0xffffffff, true},
        {eq, 0xffffffff'00000007, 7, false},
    };
    for (const Row& row : rows) {
        oci::Seccomp profile;
        profile.architectures = {SeccompArch::x86};
        profile.syscalls = {when(1, row.op, row.value, SeccompAction::allow)};
        CAPTURE(static_cast<int>(row.op), row.value, row.actual);
        CHECK((testing::answer(filter_of(profile), AUDIT_ARCH_I386, 94, {0, row.actual}) ==
               SECCOMP_RET_ALLOW) == row.holds);
    }
}

TEST_CASE("conditions are not checked behind socketcall, and ipc's version is ignored") {
    oci::Seccomp profile;
    profile.architectures = {SeccompArch::x86};
    SeccompRule socket = when(0, oci::SeccompOperator::eq, 2, SeccompAction::allow);
    socket.names = {"socket"};
    SeccompRule semop{
        .names = {"semop"}, .action = SeccompAction::allow, .errno_ret = {}, .args = {}};
    profile.syscalls = {socket, semop};
    const std::vector<Instruction> filter = filter_of(profile);
    const auto allowed = [&filter](std::uint32_t number, std::uint64_t first) {
        return testing::answer(filter, AUDIT_ARCH_I386, number, {first}) == SECCOMP_RET_ALLOW;
    };
    CHECK(allowed(359, 2));
    CHECK(!allowed(359, 3));
    CHECK(allowed(102, 1));
    CHECK(!allowed(102, 2));
    CHECK(allowed(117, 1));
    CHECK(allowed(117, 0x10001));
    CHECK(!allowed(117, 2));
}
#endif

TEST_CASE("calls that are newer than Debian 12's libseccomp have their numbers") {
    const auto number = [](std::uint32_t token, const std::string& name) {
        const auto found = Calls(token).find(name);
        return found.size() == 1 ? found[0].number : 0;
    };
    CHECK(number(SCMP_ARCH_X86_64, "fchmodat2") == 452);
    CHECK(number(SCMP_ARCH_X86_64, "statmount") == 457);
    CHECK(number(SCMP_ARCH_AARCH64, "mseal") == 462);
    CHECK(number(SCMP_ARCH_X32, "cachestat") == 0x40000000 + 451);
    CHECK(number(SCMP_ARCH_MIPS, "removexattrat") == 4000 + 466);
    CHECK(number(SCMP_ARCH_MIPSEL64, "removexattrat") == 5000 + 466);
    CHECK(is_known_call("lsm_get_self_attr"));
    CHECK_FALSE(is_known_call("no_such_call"));
    // Where both know a call, they agree.
    for (const std::string& name : native_calls()) {
        const int theirs = seccomp_syscall_resolve_name(name.c_str());
        if (theirs >= 0)
            CHECK(number(seccomp_arch_native(), name) == static_cast<std::uint32_t>(theirs));
    }
}

}  // namespace
}  // namespace crux::seccomp

#include "runtime/plan/filter_effect.h"

#include <asm/unistd.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <bit>

#include "runtime/plan/layout.h"
#include "tests/support/catch.h"

namespace crux::plan {
namespace {

using Program = std::vector<std::uint64_t>;

std::uint64_t statement(std::uint16_t code, std::uint32_t value) {
    return std::bit_cast<std::uint64_t>(sock_filter BPF_STMT(code, value));
}
std::uint64_t load(std::uint32_t offset) {
    return statement(BPF_LD | BPF_W | BPF_ABS, offset);
}
std::uint64_t jump(std::uint16_t kind, std::uint32_t value, std::uint8_t yes, std::uint8_t no) {
    return std::bit_cast<std::uint64_t>(
        sock_filter BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | kind | BPF_K), value, yes, no));
}
std::uint64_t give(std::uint32_t result) {
    return statement(BPF_RET | BPF_K, result);
}

constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t kArgument = 16;  // the first one, low half

/// A program that returns `result` for one call, and another value for all others.
Program but(std::uint32_t call, std::uint32_t result, std::uint32_t otherwise = kAllow) {
    return {load(0), jump(BPF_JEQ, call, 0, 1), give(result), give(otherwise)};
}

TEST_CASE("filter effects: a call is killed if every path of the program kills it") {
    for (const std::uint32_t result :
         {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP}) {
        CHECK(always_kills(but(__NR_execve, result), __NR_execve));
        CHECK(!always_kills(but(__NR_execve, result), __NR_capset));
        CHECK(always_kills(but(__NR_execve, kAllow, result), __NR_capset));
    }
    for (const std::uint32_t result :
         {kAllow, std::uint32_t{SECCOMP_RET_LOG}, SECCOMP_RET_ERRNO | 1U,
          std::uint32_t{SECCOMP_RET_TRACE}, std::uint32_t{SECCOMP_RET_USER_NOTIF}})
        CHECK(!always_kills(but(__NR_execve, result), __NR_execve));
    const Program by_argument = {load(0),
                                 jump(BPF_JEQ, __NR_execve, 0, 3),
                                 load(kArgument),
                                 jump(BPF_JGT, 7, 0, 1),
                                 give(SECCOMP_RET_KILL_PROCESS),
                                 give(kAllow)};
    CHECK(!always_kills(by_argument, __NR_execve));
    CHECK(filter_results(by_argument, __NR_execve).size() == 2);
    CHECK(filter_results(by_argument, __NR_capset) == std::vector{kAllow});
}

TEST_CASE("filter effects: init may look at a program unless that could stop or end it") {
    CHECK((filter_effects(Program{give(kAllow)}) & kLetsLook) != 0);
    for (const std::uint32_t call : {__NR_openat, __NR_statx, __NR_faccessat, __NR_pread64}) {
        INFO(call);
        for (const std::uint32_t result :
             {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP,
              SECCOMP_RET_TRACE, SECCOMP_RET_USER_NOTIF})
            CHECK((filter_effects(but(call, result)) & kLetsLook) == 0);
        for (const std::uint32_t result : {SECCOMP_RET_LOG, SECCOMP_RET_ERRNO | 38U})
            CHECK((filter_effects(but(call, result)) & kLetsLook) != 0);
        // On one path only.
        CHECK((filter_effects(Program{load(0), jump(BPF_JEQ, call, 0, 3), load(kArgument),
                                      jump(BPF_JSET, 1, 0, 1), give(SECCOMP_RET_TRAP),
                                      give(kAllow)}) &
               kLetsLook) == 0);
    }
}

TEST_CASE("filter effects: execve is denied if it fails whatever its arguments are") {
    CHECK((filter_effects(but(__NR_execve, SECCOMP_RET_ERRNO | 2U)) & kDeniesExec) != 0);
    CHECK((filter_effects(but(__NR_execve, SECCOMP_RET_ERRNO)) & kDeniesExec) != 0);
    CHECK((filter_effects(but(__NR_execve, SECCOMP_RET_TRACE)) & kDeniesExec) == 0);
    CHECK((filter_effects(but(__NR_capset, SECCOMP_RET_ERRNO | 2U)) & kDeniesExec) == 0);
    CHECK(denied_exec_words(but(__NR_execve, SECCOMP_RET_ERRNO | 71U)) == "protocol error");
    CHECK(denied_exec_words(but(__NR_capset, SECCOMP_RET_ERRNO | 71U)).empty());
}

TEST_CASE("filter effects: nothing is said of a program that is not understood") {
    const Program programs[] = {
        {},
        {load(0)},
        {statement(BPF_RET | BPF_A, 0)},
        {load(0), statement(BPF_MISC | BPF_TAX, 0), give(SECCOMP_RET_KILL_PROCESS)},
        {load(0), statement(BPF_JMP | BPF_JA, 0xffffffff), give(SECCOMP_RET_KILL_PROCESS)},
        {load(0), statement(BPF_JMP | BPF_JEQ | BPF_X, 0), give(SECCOMP_RET_KILL_PROCESS)},
    };
    for (const Program& program : programs) {
        CHECK(filter_results(program, __NR_execve).empty());
        CHECK(filter_effects(program) == 0);
        CHECK(!always_kills(program, __NR_execve));
    }
}

TEST_CASE("filter effects: a long chain of conditions is followed once") {
    // Each condition leads to the next one both ways: 2^4000 paths.
    Program program = {load(kArgument)};
    for (std::uint32_t value = 0; value < 4000; ++value)
        program.push_back(jump(BPF_JEQ, value, 0, 0));
    program.push_back(give(SECCOMP_RET_KILL_PROCESS));
    CHECK(always_kills(program, __NR_execve));
}

}  // namespace
}  // namespace crux::plan

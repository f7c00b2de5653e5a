#include "runtime/seccomp/enosys.h"

#include <linux/audit.h>
#include <linux/seccomp.h>

#include <cerrno>

#include "runtime/seccomp/interpreter.h"
#include "tests/support/catch.h"

namespace crux::seccomp {
namespace {

constexpr std::uint32_t kEnosys = SECCOMP_RET_ERRNO | ENOSYS;
constexpr std::uint32_t kX32 = 0x40000000;

/// The prologue with a filter behind it that allows everything, and its answer to one call.
std::optional<std::uint32_t> ask(std::vector<LastSyscall> last, std::uint32_t arch,
                                 std::uint32_t number) {
    std::vector<Instruction> program = enosys_prologue(last);
    program.push_back({BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW});
    return testing::answer(program, arch, number);
}

TEST_CASE("no known call means no prologue") {
    CHECK(enosys_prologue({}).empty());
}

TEST_CASE("calls above the last known number get ENOSYS, others reach the filter") {
    const std::vector<LastSyscall> last{{AUDIT_ARCH_AARCH64, 440, Numbering::plain},
                                        {AUDIT_ARCH_ARM, 400, Numbering::plain}};
    struct Row {
        std::uint32_t arch, number, expected;
    };
    const Row rows[] = {
        {AUDIT_ARCH_AARCH64, 0, SECCOMP_RET_ALLOW},   {AUDIT_ARCH_AARCH64, 440, SECCOMP_RET_ALLOW},
        {AUDIT_ARCH_AARCH64, 441, kEnosys},           {AUDIT_ARCH_AARCH64, 0xffffffff, kEnosys},
        {AUDIT_ARCH_ARM, 400, SECCOMP_RET_ALLOW},     {AUDIT_ARCH_ARM, 401, kEnosys},
        {AUDIT_ARCH_RISCV64, 999, SECCOMP_RET_ALLOW},
    };
    for (const Row& row : rows) {
        CAPTURE(row.arch, row.number);
        CHECK(ask(last, row.arch, row.number) == row.expected);
    }
}

TEST_CASE("x86_64 and x32 calls have a last number each") {
    const LastSyscall x86_64{AUDIT_ARCH_X86_64, 450, Numbering::x86_64};
    const LastSyscall x32{AUDIT_ARCH_X86_64, kX32 | 547, Numbering::x32};
    struct Row {
        std::vector<LastSyscall> last;
        std::uint32_t number, expected;
    };
    const Row rows[] = {
        {{x86_64, x32}, 450, SECCOMP_RET_ALLOW},
        {{x86_64, x32}, 451, kEnosys},
        {{x86_64, x32}, kX32 | 547, SECCOMP_RET_ALLOW},
        {{x86_64, x32}, kX32 | 548, kEnosys},
        {{x32, x86_64}, 450, SECCOMP_RET_ALLOW},
        {{x32, x86_64}, 451, kEnosys},
        {{x32, x86_64}, kX32 | 547, SECCOMP_RET_ALLOW},
        {{x32, x86_64}, kX32 | 548, kEnosys},
        {{x86_64}, kX32 | 900, SECCOMP_RET_ALLOW},
        {{x86_64}, 451, kEnosys},
        {{x32}, 900, SECCOMP_RET_ALLOW},
        {{x32}, kX32 | 548, kEnosys},
    };
    for (const Row& row : rows) {
        CAPTURE(row.last.size(), row.number);
        CHECK(ask(row.last, AUDIT_ARCH_X86_64, row.number) == row.expected);
    }
}

TEST_CASE("on s390 number 0 stands for an unknown call and gets ENOSYS") {
    const std::vector<LastSyscall> last{{AUDIT_ARCH_S390X, 440, Numbering::s390}};
    CHECK(ask(last, AUDIT_ARCH_S390X, 0) == kEnosys);
    CHECK(ask(last, AUDIT_ARCH_S390X, 1) == SECCOMP_RET_ALLOW);
    CHECK(ask(last, AUDIT_ARCH_S390X, 441) == kEnosys);
}

TEST_CASE("a prologue for very many architectures keeps its jumps right") {
    std::vector<LastSyscall> last;
    for (std::uint32_t arch = 1; arch <= 200; ++arch)
        last.push_back({arch, arch + 300, Numbering::plain});
    for (std::uint32_t arch : {1U, 2U, 100U, 199U, 200U}) {
        CAPTURE(arch);
        CHECK(ask(last, arch, arch + 300) == SECCOMP_RET_ALLOW);
        CHECK(ask(last, arch, arch + 301) == kEnosys);
    }
    CHECK(ask(last, 201, 9999) == SECCOMP_RET_ALLOW);
}

}  // namespace
}  // namespace crux::seccomp

#include "runtime/seccomp/words.h"

#include <array>
#include <cctype>
#include <cerrno>

namespace crux::seccomp {
namespace {

struct ActionFact {
    const char* name;
    std::uint32_t value;
    bool takes_errno;
};

// In the order of oci::SeccompAction.
constexpr std::array<ActionFact, 9> kActions{{
    {"SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD, false},
    {"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS, false},
    {"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD, false},
    {"SCMP_ACT_TRAP", SCMP_ACT_TRAP, false},
    {"SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0), true},
    {"SCMP_ACT_TRACE", SCMP_ACT_TRACE(0), true},
    {"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW, false},
    {"SCMP_ACT_LOG", SCMP_ACT_LOG, false},
    {"SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY, false},
}};
static_assert(static_cast<int>(oci::SeccompAction::errno_) == 4 &&
              static_cast<int>(oci::SeccompAction::notify) == 8);

// In the order of oci::SeccompArch.
constexpr std::array<const char*, 23> kArchitectures{
    "x86",    "x86_64",   "x32",         "arm",         "aarch64", "mips",    "mips64", "mips64n32",
    "mipsel", "mipsel64", "mipsel64n32", "ppc",         "ppc64",   "ppc64le", "s390",   "s390x",
    "parisc", "parisc64", "riscv64",     "loongarch64", "m68k",    "sh",      "sheb",
};
static_assert(static_cast<int>(oci::SeccompArch::x32) == 2 &&
              static_cast<int>(oci::SeccompArch::ppc) == 11 &&
              static_cast<int>(oci::SeccompArch::riscv64) == 18 &&
              static_cast<int>(oci::SeccompArch::sheb) == 22);

// In the order of oci::SeccompOperator.
constexpr std::array<scmp_compare, 7> kOperators{
    SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE,        SCMP_CMP_EQ,
    SCMP_CMP_GE, SCMP_CMP_GT, SCMP_CMP_MASKED_EQ,
};
static_assert(static_cast<int>(oci::SeccompOperator::eq) == 3 &&
              static_cast<int>(oci::SeccompOperator::masked_eq) == 6);

const ActionFact& fact_of(oci::SeccompAction action) {
    return kActions.at(static_cast<std::size_t>(action));
}

}  // namespace

std::uint32_t action_value(oci::SeccompAction action, std::optional<std::uint32_t> errno_ret) {
    const ActionFact& fact = fact_of(action);
    return fact.takes_errno ? fact.value | errno_ret.value_or(EPERM) : fact.value;
}

const char* action_name(oci::SeccompAction action) {
    return fact_of(action).name;
}

bool takes_errno(oci::SeccompAction action) {
    return fact_of(action).takes_errno;
}

scmp_compare operator_value(oci::SeccompOperator op) {
    return kOperators.at(static_cast<std::size_t>(op));
}

const char* architecture_word(oci::SeccompArch arch) {
    return kArchitectures.at(static_cast<std::size_t>(arch));
}

std::string architecture_name(oci::SeccompArch arch) {
    std::string name = "SCMP_ARCH_";
    for (const char* at = architecture_word(arch); *at != '\0'; ++at)
        name += static_cast<char>(std::toupper(*at));
    return name;
}

}  // namespace crux::seccomp

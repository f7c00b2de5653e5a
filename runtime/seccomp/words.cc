#include "runtime/seccomp/words.h"

#include <cerrno>
#include <string>

#include "oci-spec/vocabulary.h"

namespace crux::seccomp {

std::uint32_t action_value(oci::SeccompAction action, std::optional<std::uint32_t> errno_ret) {
    const std::uint32_t data = errno_ret.value_or(EPERM);
    switch (action) {
        case oci::SeccompAction::kill:
        case oci::SeccompAction::kill_thread:
            return SCMP_ACT_KILL_THREAD;
        case oci::SeccompAction::kill_process:
            return SCMP_ACT_KILL_PROCESS;
        case oci::SeccompAction::trap:
            return SCMP_ACT_TRAP;
        case oci::SeccompAction::errno_:
            return SCMP_ACT_ERRNO(data);
        case oci::SeccompAction::trace:
            return SCMP_ACT_TRACE(data);
        case oci::SeccompAction::allow:
            return SCMP_ACT_ALLOW;
        case oci::SeccompAction::log:
            return SCMP_ACT_LOG;
        case oci::SeccompAction::notify:
            return SCMP_ACT_NOTIFY;
    }
    return SCMP_ACT_KILL_PROCESS;
}

scmp_compare operator_value(oci::SeccompOperator op) {
    switch (op) {
        case oci::SeccompOperator::ne:
            return SCMP_CMP_NE;
        case oci::SeccompOperator::lt:
            return SCMP_CMP_LT;
        case oci::SeccompOperator::le:
            return SCMP_CMP_LE;
        case oci::SeccompOperator::eq:
            return SCMP_CMP_EQ;
        case oci::SeccompOperator::ge:
            return SCMP_CMP_GE;
        case oci::SeccompOperator::gt:
            return SCMP_CMP_GT;
        case oci::SeccompOperator::masked_eq:
            return SCMP_CMP_MASKED_EQ;
    }
    return _SCMP_CMP_MAX;  // which libseccomp refuses
}

std::string_view name_of(oci::SeccompAction action) {
    return oci::name_of(oci::kSeccompActions, action);
}

std::string_view name_of(oci::SeccompArch arch) {
    return oci::name_of(oci::kSeccompArchs, arch);
}

std::string_view name_of(oci::SeccompFlag flag) {
    return oci::name_of(oci::kSeccompFlags, flag);
}

std::uint32_t architecture_token(oci::SeccompArch arch) {
    // libseccomp has the same words, in lower case and without the prefix.
    std::string word(name_of(arch).substr(std::string_view("SCMP_ARCH_").size()));
    for (char& letter : word)
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    return seccomp_arch_resolve_name(word.c_str());
}

}  // namespace crux::seccomp

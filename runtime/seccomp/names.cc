#include "runtime/seccomp/names.h"

#include <linux/seccomp.h>
#include <seccomp.h>

#include <cerrno>
#include <string>

#include "oci-spec/vocabulary.h"

namespace crux::seccomp {

std::uint32_t action_value(oci::SeccompAction action, std::optional<std::uint32_t> errno_ret) {
    const std::uint32_t data = errno_ret.value_or(EPERM);
    switch (action) {
        case oci::SeccompAction::kill:
        case oci::SeccompAction::kill_thread:
            return SECCOMP_RET_KILL_THREAD;
        case oci::SeccompAction::kill_process:
            return SECCOMP_RET_KILL_PROCESS;
        case oci::SeccompAction::trap:
            return SECCOMP_RET_TRAP;
        case oci::SeccompAction::errno_:
            return SECCOMP_RET_ERRNO | data;
        case oci::SeccompAction::trace:
            return SECCOMP_RET_TRACE | data;
        case oci::SeccompAction::allow:
            return SECCOMP_RET_ALLOW;
        case oci::SeccompAction::log:
            return SECCOMP_RET_LOG;
        case oci::SeccompAction::notify:
            return SECCOMP_RET_USER_NOTIF;
    }
    return SECCOMP_RET_KILL_PROCESS;
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
    // libseccomp uses the same names in lower case and without the prefix.
    std::string word(name_of(arch).substr(std::string_view("SCMP_ARCH_").size()));
    for (char& letter : word)
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    return seccomp_arch_resolve_name(word.c_str());
}

}  // namespace crux::seccomp

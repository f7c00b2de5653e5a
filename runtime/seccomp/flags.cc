#include "runtime/seccomp/flags.h"

#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/seccomp/names.h"

// Linux 5.19, later than the headers of the oldest supported distribution.
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

namespace crux::seccomp {
namespace {

struct FlagFact {
    oci::SeccompFlag flag;
    std::uint32_t bit;
    const char* since;
    bool in_every_kernel;  ///< of those that crux supports (5.10 and later)
    bool needs_listener;
};

constexpr std::array<FlagFact, 4> kFlags{{
    {oci::SeccompFlag::tsync, SECCOMP_FILTER_FLAG_TSYNC, "3.17", true, false},
    {oci::SeccompFlag::log, SECCOMP_FILTER_FLAG_LOG, "4.14", true, false},
    {oci::SeccompFlag::spec_allow, SECCOMP_FILTER_FLAG_SPEC_ALLOW, "4.17", true, false},
    {oci::SeccompFlag::wait_killable_recv, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, "5.19", false,
     true},
}};

const FlagFact& fact_of(oci::SeccompFlag flag) {
    return *std::ranges::find(kFlags, flag, &FlagFact::flag);
}

std::string kernel_release() {
    utsname names{};
    ::uname(&names);
    return names.release;
}

Status check_kernel(const FlagFact& fact) {
    if (fact.in_every_kernel || flag_supported(fact.flag)) return {};
    return fail(Error::Kind::unsupported, cat(name_of(fact.flag), " requires Linux ", fact.since,
                                              ", this is ", kernel_release()));
}

}  // namespace

bool wants_listener(const oci::Seccomp& profile) {
    if (profile.default_action == oci::SeccompAction::notify) return true;
    return std::ranges::any_of(profile.syscalls, [](const oci::SeccompRule& rule) {
        return rule.action == oci::SeccompAction::notify;
    });
}

bool flag_supported(oci::SeccompFlag flag) {
    const FlagFact& fact = fact_of(flag);
    // The kernel checks the flags before the program: with a null program it fails with EFAULT for
    // known flags and with EINVAL for unknown ones (seccomp(2)).
    ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
              fact.bit | (fact.needs_listener ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0), nullptr);
    return errno == EFAULT;
}

Result<std::uint32_t> load_flags(const oci::Seccomp& profile) {
    const bool listener = wants_listener(profile);
    std::uint32_t bits = listener ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0;
    if (!profile.flags) return bits | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
    for (std::size_t i = 0; i < profile.flags->size(); ++i) {
        const FlagFact& fact = fact_of((*profile.flags)[i]);
        // The kernel refuses the flag without a listener; oci-spec already warns that it is
        // ignored.
        if (fact.needs_listener && !listener) continue;
        TRY(check_kernel(fact).at(cat("/linux/seccomp/flags/", i)));
        bits |= fact.bit;
    }
    // With both flags, the kernel requires a choice of how to report a failed synchronisation
    // (Linux 5.7).
    if (listener && (bits & SECCOMP_FILTER_FLAG_TSYNC) != 0)
        bits |= SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
    return bits;
}

}  // namespace crux::seccomp

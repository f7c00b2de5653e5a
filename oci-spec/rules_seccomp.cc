#include <algorithm>

#include "oci-spec/rule_list.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"

namespace crux::oci {

namespace {

void check_errno(SeccompAction action, const std::optional<std::uint32_t>& value,
                 const std::string& at, Diagnostics& out) {
    if (!value) return;
    // seccomp(2): SECCOMP_RET_DATA is 16 bits wide, and an errno is capped at MAX_ERRNO.
    constexpr std::uint32_t kMaxErrno = 4095;
    constexpr std::uint32_t kMaxData = 65535;
    if (!takes_errno(action)) {
        out.error(at, cat("is not valid for ", name_of(kSeccompActions, action),
                          ", which does not use an errno"));
        return;
    }
    const std::uint32_t most = action == SeccompAction::errno_ ? kMaxErrno : kMaxData;
    if (*value > most) out.error(at, cat("must be from 0 to ", most, ", not ", *value));
}

std::string rule_at(std::size_t index) {
    return cat("/linux/seccomp/syscalls/", index);
}

void check_rule(const SeccompRule& rule, const std::string& at, Diagnostics& out) {
    constexpr std::uint32_t kLastArgument = 5;
    if (rule.names.empty()) out.error(cat(at, "/names"), "must contain at least one name");
    for (std::size_t index = 0; index < rule.names.size(); ++index)
        if (rule.names[index].empty())
            out.error(cat(at, "/names/", index), "must be the name of a system call");
    for (std::size_t index = 0; index < rule.args.size(); ++index)
        if (rule.args[index].index > kLastArgument)
            out.error(cat(at, "/args/", index, "/index"),
                      cat("must be from 0 to ", kLastArgument, ", not ", rule.args[index].index));
}

bool notifies(const Seccomp& seccomp) {
    return std::ranges::any_of(seccomp.syscalls, [](const SeccompRule& rule) {
        return rule.action == SeccompAction::notify;
    });
}

// The process reports to the program that starts it with write(2). If the filter stopped that call,
// the process would wait for an agent that does not have the descriptor yet.
void check_notified_names(const Seccomp& seccomp, Diagnostics& out) {
    for (std::size_t index = 0; index < seccomp.syscalls.size(); ++index) {
        const SeccompRule& rule = seccomp.syscalls[index];
        if (rule.action != SeccompAction::notify) continue;
        for (std::size_t name = 0; name < rule.names.size(); ++name)
            if (rule.names[name] == "write")
                out.error(cat(rule_at(index), "/names/", name),
                          "SCMP_ACT_NOTIFY cannot be used for the write syscall");
    }
}

}  // namespace

void check_seccomp_errno(const Config& config, Diagnostics& out) {
    if (!config.linux.seccomp) return;
    const Seccomp& seccomp = *config.linux.seccomp;
    check_errno(seccomp.default_action, seccomp.default_errno_ret, "/linux/seccomp/defaultErrnoRet",
                out);
    for (std::size_t index = 0; index < seccomp.syscalls.size(); ++index)
        check_errno(seccomp.syscalls[index].action, seccomp.syscalls[index].errno_ret,
                    cat(rule_at(index), "/errnoRet"), out);
}

void check_seccomp_rules(const Config& config, Diagnostics& out) {
    if (!config.linux.seccomp) return;
    for (std::size_t index = 0; index < config.linux.seccomp->syscalls.size(); ++index)
        check_rule(config.linux.seccomp->syscalls[index], rule_at(index), out);
}

void check_seccomp_notify(const Config& config, Diagnostics& out) {
    if (!config.linux.seccomp) return;
    const Seccomp& seccomp = *config.linux.seccomp;
    const bool used = notifies(seccomp);
    if (seccomp.default_action == SeccompAction::notify)
        out.error("/linux/seccomp/defaultAction",
                  "SCMP_ACT_NOTIFY cannot be used as default action");
    check_notified_names(seccomp, out);
    if (used && seccomp.listener_path.empty())
        out.error("/linux/seccomp/listenerPath", "is required for SCMP_ACT_NOTIFY");
    if (!used && !seccomp.listener_path.empty() && seccomp.default_action != SeccompAction::notify)
        out.warn("/linux/seccomp/listenerPath", "is ignored without SCMP_ACT_NOTIFY");
    if (!seccomp.listener_metadata.empty() && seccomp.listener_path.empty())
        out.error("/linux/seccomp/listenerMetadata", "requires listenerPath");
    if (!used && seccomp.flags &&
        std::ranges::find(*seccomp.flags, SeccompFlag::wait_killable_recv) != seccomp.flags->end())
        out.warn("/linux/seccomp/flags",
                 "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is ignored without SCMP_ACT_NOTIFY");
}

}  // namespace crux::oci

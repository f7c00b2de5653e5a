#include "runtime/plan/describe_parts.h"

#include <array>

#include "oci-spec/extensions.h"
#include "oci-spec/types.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/plan/describe.h"

namespace crux::plan {

namespace {

std::string limit_words(std::uint64_t value) {
    return value == ~std::uint64_t{0} ? "unlimited" : cat(value);
}

}  // namespace

std::string describe_limit(const ResourceLimit& limit) {
    const auto type = static_cast<oci::RlimitType>(limit.resource);
    return cat("set ", oci::name_of(oci::kRlimits, type), " to ", limit_words(limit.soft),
               " (hard limit ", limit_words(limit.hard), ')');
}

namespace {

/// A bit mask as a list of ranges (cpuset(7), List format).
std::string mask_words(std::span<const std::uint64_t> words) {
    oci::Ranges ranges;
    for (std::uint32_t bit = 0; bit < 64 * words.size(); ++bit) {
        if ((words[bit / 64] >> (bit % 64) & 1U) == 0) continue;
        if (!ranges.empty() && ranges.back().last + 1 == bit)
            ranges.back().last = bit;
        else
            ranges.push_back({bit, bit});
    }
    return oci::ranges_text(ranges);
}

}  // namespace

std::string describe_affinity(const Plan& plan, const Affinity& affinity) {
    const auto mask = plan.list<std::uint64_t>(affinity.mask);
    if (mask.empty()) return "set the CPU affinity to all CPUs that the cgroup allows";
    return cat("set the CPU affinity to CPUs ", mask_words(mask));
}

std::string describe_scheduler(const Scheduler& wanted) {
    const auto policy = static_cast<oci::SchedulerPolicy>(wanted.policy);
    std::string words =
        cat("set the scheduling policy to ", oci::name_of(oci::kSchedulerPolicies, policy));
    if (wanted.nice != 0) words += cat(", nice ", wanted.nice);
    if (wanted.priority != 0) words += cat(", priority ", wanted.priority);
    if (wanted.runtime != 0)
        words += cat(", runtime ", wanted.runtime, " ns, deadline ", wanted.deadline,
                     " ns, period ", wanted.period, " ns");
    for (const auto& flag : oci::kSchedulerFlags)
        if ((wanted.flags & flag.value) != 0) words += cat(", ", flag.name);
    return words;
}

std::string describe_io_priority(std::uint64_t number) {
    constexpr unsigned kClassShift = 13;
    const auto class_ = static_cast<oci::IoPriorityClass>(number >> kClassShift);
    return cat("set the I/O priority of the process group to ",
               oci::name_of(oci::kIoPriorityClasses, class_), ", level ", number & 7U);
}

std::string describe_memory_policy(const Plan& plan, const MemoryPolicy& policy) {
    constexpr std::uint32_t kFlags = 7U << 13U;
    const auto mode = static_cast<oci::MemoryPolicyMode>(policy.mode & ~kFlags);
    std::string words =
        cat("set the memory policy to ", oci::name_of(oci::kMemoryPolicyModes, mode));
    for (const auto& flag : oci::kMemoryPolicyFlags)
        if ((policy.mode & flag.value) != 0) words += cat(" with ", flag.name);
    const auto nodes = plan.list<std::uint64_t>(policy.nodes);
    return nodes.empty() ? words : cat(words, " on NUMA nodes ", mask_words(nodes));
}

std::string describe_user(const Plan& plan, const User& user) {
    std::string words = cat("change to user ", user.uid, ", group ", user.gid);
    if (user.keep_groups != 0) return words + ", supplementary groups unchanged";
    std::string groups;
    for (const std::uint32_t group : plan.list<std::uint32_t>(user.groups))
        add_word(groups, cat(group));
    return cat(words, groups.empty() ? ", no supplementary groups" : ", supplementary groups ",
               groups);
}

std::string describe_sets(const CapabilitySets& sets) {
    std::string words = sets.permitted == 0
                            ? "drop all capabilities"
                            : cat("keep the capabilities ", capability_words(sets.permitted));
    if (sets.effective != sets.permitted)
        words += cat(", effective ", capability_words(sets.effective));
    if (sets.inheritable != 0) words += cat(", inheritable ", capability_words(sets.inheritable));
    if (sets.ambient != 0) words += cat(", ambient ", capability_words(sets.ambient));
    return words;
}

/// SECCOMP_FILTER_FLAG_* of linux/seccomp.h.
struct FilterFlag {
    std::uint32_t bit;
    std::string_view name;
};
constexpr auto kFilterFlags = std::array{
    FilterFlag{1, "TSYNC"},        FilterFlag{2, "LOG"},
    FilterFlag{4, "SPEC_ALLOW"},   FilterFlag{8, "NEW_LISTENER"},
    FilterFlag{16, "TSYNC_ESRCH"}, FilterFlag{32, "WAIT_KILLABLE_RECV"},
};

std::string describe_seccomp(const Plan& plan, const Seccomp& seccomp) {
    std::string words = cat("load a seccomp filter of ",
                            plan.list<std::uint64_t>(seccomp.program).size(), " instructions");
    if (seccomp.default_action.length != 0)
        words += cat(", default action ", plan.text(seccomp.default_action));
    std::string flags;
    for (const FilterFlag& flag : kFilterFlags)
        if ((seccomp.flags & flag.bit) != 0) add_word(flags, flag.name);
    if (!flags.empty()) words += cat(", flags ", flags);
    return words;
}

std::string describe_landlock(const Plan& plan, const Landlock& landlock) {
    std::string words;
    for (const LandlockRule& rule : plan.list<LandlockRule>(landlock.rules)) {
        std::string rights;
        if (rule.access == landlock.handled) rights = "all access";
        for (const oci::LandlockRight& right : oci::landlock_rights())
            if (rule.access != landlock.handled && (rule.access & right.bit) != 0)
                add_word(rights, right.name);
        if (!words.empty()) words += "; ";
        words += cat(rights, " below ", in_container(plan, rule.path));
    }
    return cat("restrict filesystem access with Landlock to ", words);
}

std::string describe_find(const Plan& plan, const FindProgram& find) {
    std::string words;
    for (const Text candidate : plan.list<Text>(find.candidates)) {
        if (!words.empty()) words += ", ";
        words += plan.text(candidate);
    }
    return cat("find the program: ", words.empty() ? "its name is empty" : words);
}

std::string describe_exec(const Plan& plan, const Exec& exec) {
    std::string words;
    for (const Text argument : plan.list<Text>(exec.arguments)) {
        const std::string_view text = plan.text(argument);
        const bool plain =
            !text.empty() && text.find_first_of(" \t\n\r\"'\\") == std::string_view::npos;
        if (!words.empty()) words += ' ';
        words += plain ? std::string(text) : quoted(text);
    }
    return cat("execute ", words);
}

std::string describe_prepare(const Plan& plan, const Prepare& prepare) {
    std::string names;
    for (const Text variable : plan.list<Text>(prepare.environment)) {
        const std::string_view text = plan.text(variable);
        add_word(names, text.substr(0, text.find('=')));
    }
    if (prepare.needs_home != 0)
        add_word(names, cat("HOME (of user ", prepare.uid, " in /etc/passwd)"));
    return cat("prepare what the program inherits: descriptors 0 to ", prepare.keep_below - 1,
               names.empty() ? "" : "; environment variables ", names);
}

std::string describe_verify(const Verify& verify) {
    std::string words = cat("verify user ", verify.uid, ", group ", verify.gid);
    if (verify.keep_groups == 0) words += ", the supplementary groups";
    words += ", the capability sets";
    if (verify.no_new_privileges != 0) words += ", no_new_privs";
    return words + ", and that nobody can trace init";
}

}  // namespace crux::plan

#include "runtime/seccomp/filter.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <set>

#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/seccomp/calls.h"
#include "runtime/seccomp/emit.h"
#include "runtime/seccomp/names.h"

// Since Linux 3.19, but not every libc's headers have the name.
#ifndef __AUDIT_ARCH_CONVENTION_MIPS64_N32
#define __AUDIT_ARCH_CONVENTION_MIPS64_N32 0x20000000
#endif

namespace crux::seccomp {
namespace {

using Kind = Error::Kind;

constexpr std::uint32_t kMaxErrno = 4095;  // the kernel's MAX_ERRNO
constexpr std::uint32_t kMaxTraceData = 0xffff;
constexpr std::uint32_t kArguments = 6;

constexpr std::uint32_t kX32Bit = 0x40000000;
constexpr std::uint32_t kLastNumber = 0xffffffff;
constexpr std::uint32_t kForeign = SECCOMP_RET_KILL_THREAD;
constexpr std::uint32_t kEnosys = SECCOMP_RET_ERRNO | ENOSYS;

/// An error with its pointer in config.json.
std::unexpected<Error> refuse(Kind kind, std::string text, std::string_view pointer) {
    return std::unexpected(Error(kind, std::move(text)).at(pointer));
}

// --- checks of the profile ---

Status check_errno(oci::SeccompAction action, std::optional<std::uint32_t> errno_ret,
                   std::string_view pointer) {
    if (!errno_ret) return {};
    if (!oci::takes_errno(action))
        return refuse(Kind::spec, cat(name_of(action), " does not support an errno"), pointer);
    const std::uint32_t most = action == oci::SeccompAction::errno_ ? kMaxErrno : kMaxTraceData;
    if (*errno_ret > most)
        return refuse(Kind::spec, cat("errno ", *errno_ret, " must be in the range 0 to ", most),
                      pointer);
    return {};
}

Status check_rule(const oci::SeccompRule& rule, const std::string& pointer) {
    TRY(check_errno(rule.action, rule.errno_ret, cat(pointer, "/errnoRet")));
    for (std::size_t i = 0; i < rule.args.size(); ++i)
        if (rule.args[i].index >= kArguments)
            return refuse(Kind::spec,
                          cat("argument ", rule.args[i].index,
                              " does not exist: must be in the range 0 to 5"),
                          cat(pointer, "/args/", i, "/index"));
    return {};
}

/// Each condition is compiled for each name of its rule, so that the filter of a short profile
/// could become very long. Far above what the kernel accepts.
Status check_conditions(const oci::Seccomp& profile) {
    constexpr std::size_t kMost = 2 * kMaxInstructions;
    std::size_t count = 0;
    for (std::size_t i = 0; i < profile.syscalls.size(); ++i) {
        const oci::SeccompRule& rule = profile.syscalls[i];
        count += rule.names.size() * rule.args.size();
        if (count > kMost)
            return refuse(
                Kind::spec,
                cat("exceeds the limit of ", kMost, " conditions for single system calls"),
                cat("/linux/seccomp/syscalls/", i));
    }
    return {};
}

Status check_profile(const oci::Seccomp& profile) {
    TRY(check_conditions(profile));
    TRY(check_errno(profile.default_action, profile.default_errno_ret,
                    "/linux/seccomp/defaultErrnoRet"));
    for (std::size_t i = 0; i < profile.syscalls.size(); ++i)
        TRY(check_rule(profile.syscalls[i], cat("/linux/seccomp/syscalls/", i)));
    return {};
}

/// libseccomp's tokens of the profile's architectures, after the native one, which some profiles
/// leave out. Those that this libseccomp does not know, and those of the other byte order, are no
/// architecture of a process on this machine.
std::vector<std::uint32_t> architectures(const oci::Seccomp& profile) {
    const std::uint32_t native = seccomp_arch_native();
    std::vector<std::uint32_t> tokens{native};
    for (const oci::SeccompArch arch : profile.architectures) {
        const std::uint32_t token = architecture_token(arch);
        const bool is_possible = token != 0 && ((token ^ native) & __AUDIT_ARCH_LE) == 0;
        if (is_possible && std::ranges::find(tokens, token) == tokens.end())
            tokens.push_back(token);
    }
    return tokens;
}

// --- the meaning of the profile on one architecture ---

/// The rules for one number.
struct Rules {
    std::optional<std::uint32_t> always;  ///< the first rule without conditions
    std::vector<Guarded> guarded;         ///< the strictest first
};

struct Table {
    std::map<std::uint32_t, Rules> rules;
    std::uint32_t last = 0;  ///< the highest number that the profile names, or 0
};

/// The conditions of one rule, as alternatives: two conditions on one argument cannot both be
/// required, so all conditions of such a rule are alternatives.
std::vector<std::vector<oci::SeccompArg>> alternatives(const oci::SeccompRule& rule) {
    std::array<bool, kArguments> seen{};
    const bool shared = std::ranges::any_of(rule.args, [&seen](const oci::SeccompArg& arg) {
        return std::exchange(seen[arg.index], true);
    });
    if (!shared) return {rule.args};
    std::vector<std::vector<oci::SeccompArg>> all;
    all.reserve(rule.args.size());
    for (const oci::SeccompArg& arg : rule.args) all.push_back({arg});
    return all;
}

/// The kernel's order of actions, the most restrictive first (seccomp(2)).
bool is_stricter(const Guarded& a, const Guarded& b) {
    const auto rank = [](std::uint32_t action) {
        return static_cast<std::int32_t>(action & SECCOMP_RET_ACTION_FULL);
    };
    return rank(a.action) < rank(b.action);
}

void add_guarded(Rules& rules, Guarded guarded) {
    const auto place = std::ranges::upper_bound(rules.guarded, guarded, is_stricter);
    rules.guarded.insert(place, std::move(guarded));
}

void add_rule(Rules& rules, const oci::SeccompRule& rule, std::uint32_t action,
              const Entrance& entrance) {
    if (!entrance.is_own()) {
        const oci::SeccompArg selected{.index = 0,
                                       .value = entrance.selector_mask,
                                       .value_two = entrance.selector,
                                       .op = oci::SeccompOperator::masked_eq};
        add_guarded(rules, {.conditions = {selected}, .action = action});
    } else if (rule.args.empty()) {
        if (!rules.always) rules.always = action;
    } else {
        for (std::vector<oci::SeccompArg>& conditions : alternatives(rule))
            add_guarded(rules, {.conditions = std::move(conditions), .action = action});
    }
}

Table table_of(const oci::Seccomp& profile, std::uint32_t token) {
    Table table;
    Calls calls(token);
    const std::uint32_t otherwise = action_value(profile.default_action, profile.default_errno_ret);
    for (const oci::SeccompRule& rule : profile.syscalls) {
        const std::uint32_t action = action_value(rule.action, rule.errno_ret);
        for (const std::string& name : rule.names) {
            for (const Entrance& entrance : calls.find(name)) {
                table.last = std::max(table.last, entrance.number);
                if (action != otherwise)
                    add_rule(table.rules[entrance.number], rule, action, entrance);
            }
        }
    }
    return table;
}

Verdict verdict_of(const Rules& rules, std::uint32_t otherwise) {
    if (rules.always) return {.guarded = {}, .otherwise = *rules.always};
    return {.guarded = rules.guarded, .otherwise = otherwise};
}

/// Whether calls that the profile does not know fail with ENOSYS. Not if the default action allows
/// them, and not if a tracer or a supervisor handles them.
bool hides_newer_calls(oci::SeccompAction default_action) {
    switch (default_action) {
        case oci::SeccompAction::allow:
        case oci::SeccompAction::log:
        case oci::SeccompAction::trace:
        case oci::SeccompAction::notify:
            return false;
        case oci::SeccompAction::errno_:
        case oci::SeccompAction::kill:
        case oci::SeccompAction::kill_process:
        case oci::SeccompAction::kill_thread:
        case oci::SeccompAction::trap:
            return true;
    }
    return true;
}

// --- the numbers as ranges ---

/// Begins a range; it replaces one that begins at the same number.
void begin_range(std::vector<Range>& ranges, std::uint32_t first, Verdict verdict) {
    if (!ranges.empty() && ranges.back().first == first) ranges.pop_back();
    ranges.push_back({.first = first, .verdict = std::move(verdict)});
}

/// Appends the ranges of one architecture, from its first number on.
void add_ranges(std::vector<Range>& ranges, const oci::Seccomp& profile, std::uint32_t token) {
    const std::uint32_t otherwise = action_value(profile.default_action, profile.default_errno_ret);
    const std::uint32_t first = token == SCMP_ARCH_X32 ? kX32Bit : 0;
    const Table table = table_of(profile, token);
    const bool hides = hides_newer_calls(profile.default_action) && table.last != 0;
    const bool is_s390 = token == SCMP_ARCH_S390 || token == SCMP_ARCH_S390X;

    begin_range(ranges, first, {.guarded = {}, .otherwise = otherwise});
    // The kernel replaces an unknown number with 0 there.
    if (is_s390 && hides) begin_range(ranges, 0, {.guarded = {}, .otherwise = kEnosys});
    if (is_s390 && hides) begin_range(ranges, 1, {.guarded = {}, .otherwise = otherwise});
    for (const auto& [number, rules] : table.rules) {
        begin_range(ranges, number, verdict_of(rules, otherwise));
        if (number != kLastNumber)
            begin_range(ranges, number + 1, {.guarded = {}, .otherwise = otherwise});
    }
    if (hides && table.last != kLastNumber)
        begin_range(ranges, table.last + 1, {.guarded = {}, .otherwise = kEnosys});
}

Width width_of(std::uint32_t token) {
    if (token == SCMP_ARCH_X32) return Width::bits64;
    const bool is_n32 = (token & __AUDIT_ARCH_CONVENTION_MIPS64_N32) != 0;
    return (token & __AUDIT_ARCH_64BIT) != 0 && !is_n32 ? Width::bits64 : Width::bits32;
}

/// The numbers of x86_64 and, with bit 30 set, of x32, which the kernel reports as one
/// architecture. The number -1 is a call that a tracer cancelled, not an x32 call.
Section x86_section(const oci::Seccomp& profile, bool with_x86_64, bool with_x32) {
    const Verdict foreign{.guarded = {}, .otherwise = kForeign};
    const std::uint32_t otherwise = action_value(profile.default_action, profile.default_errno_ret);
    Section section{.audit_arch = AUDIT_ARCH_X86_64, .width = Width::bits64, .ranges = {}};
    if (with_x86_64)
        add_ranges(section.ranges, profile, SCMP_ARCH_X86_64);
    else
        begin_range(section.ranges, 0, foreign);
    if (with_x32) {
        add_ranges(section.ranges, profile, SCMP_ARCH_X32);
    } else {
        begin_range(section.ranges, kX32Bit, foreign);
        begin_range(section.ranges, kLastNumber, {.guarded = {}, .otherwise = otherwise});
    }
    return section;
}

std::vector<Section> sections_of(const oci::Seccomp& profile,
                                 const std::vector<std::uint32_t>& tokens) {
    const auto has = [&tokens](std::uint32_t token) {
        return std::ranges::find(tokens, token) != tokens.end();
    };
    std::vector<Section> sections;
    for (std::uint32_t token : tokens) {
        if (token == SCMP_ARCH_X86_64 || token == SCMP_ARCH_X32) {
            if (token == SCMP_ARCH_X32 && has(SCMP_ARCH_X86_64)) continue;
            sections.push_back(x86_section(profile, has(SCMP_ARCH_X86_64), has(SCMP_ARCH_X32)));
            continue;
        }
        Section section{.audit_arch = token, .width = width_of(token), .ranges = {}};
        add_ranges(section.ranges, profile, token);
        sections.push_back(std::move(section));
    }
    return sections;
}

std::vector<std::string> unknown_calls(const oci::Seccomp& profile) {
    std::vector<std::string> unknown;
    std::set<std::string_view> seen;
    for (const oci::SeccompRule& rule : profile.syscalls)
        for (const std::string& name : rule.names)
            if (!is_known_call(name) && seen.insert(name).second) unknown.push_back(name);
    return unknown;
}

}  // namespace

Result<Filter> compile_filter(const oci::Seccomp& profile) {
    TRY(check_profile(profile));
    Filter filter{.instructions = emit(sections_of(profile, architectures(profile)), kForeign),
                  .unknown_syscalls = unknown_calls(profile)};
    if (filter.instructions.size() > kMaxInstructions)
        return refuse(Kind::spec,
                      cat("the filter has ", filter.instructions.size(),
                          " instructions: exceeds the kernel's limit of ", kMaxInstructions),
                      "/linux/seccomp");
    return filter;
}

}  // namespace crux::seccomp

#include "runtime/seccomp/filter.h"

#include <seccomp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/seccomp/compile.h"
#include "runtime/seccomp/enosys.h"
#include "runtime/seccomp/export.h"
#include "runtime/seccomp/words.h"

namespace crux::seccomp {
namespace {

using Kind = Error::Kind;

constexpr std::uint32_t kMaxErrno = 4094;  // libseccomp's limit, one less than the kernel's
constexpr std::uint32_t kMaxTraceData = 0xffff;
constexpr std::uint32_t kArguments = 6;

/// With more rules than this, libseccomp arranges the calls as a binary tree: a filter of hundreds
/// of rules is then left after some ten comparisons. The number is runc's.
constexpr std::size_t kRulesForTree = 32;
constexpr std::uint32_t kBinaryTree = 2;

struct Release {
    void operator()(void* context) const { seccomp_release(context); }
};
using Context = std::unique_ptr<void, Release>;

/// A refusal with its place in config.json.
std::unexpected<Error> refuse(Kind kind, std::string text, std::string_view pointer) {
    return std::unexpected(Error(kind, std::move(text)).at(pointer));
}

Status check_errno(oci::SeccompAction action, std::optional<std::uint32_t> errno_ret) {
    if (!errno_ret) return {};
    if (!oci::takes_errno(action)) return fail(Kind::spec, cat(name_of(action), " takes no errno"));
    const std::uint32_t most = action == oci::SeccompAction::errno_ ? kMaxErrno : kMaxTraceData;
    if (*errno_ret > most)
        return fail(Kind::spec, cat("errno ", *errno_ret, " is not in the range 0 to ", most));
    return {};
}

Result<Context> new_filter(const oci::Seccomp& profile) {
    const std::uint32_t action = action_value(profile.default_action, profile.default_errno_ret);
    Context context(seccomp_init(action));
    if (context == nullptr)
        return fail(Kind::unsupported,
                    cat(name_of(profile.default_action), " is not supported as default action"));
    // The program is loaded by init, which sets no_new_privs when the configuration says so.
    seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_NNP, 0);
    seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_THREAD);
    return context;
}

Result<std::uint32_t> token_of(oci::SeccompArch arch) {
    const std::uint32_t token = architecture_token(arch);
    if (token == 0)
        return fail(Kind::unsupported,
                    cat(name_of(arch), " is not known to libseccomp ", libseccomp_version()));
    return token;
}

/// Adds the profile's architectures and returns all that the filter has, the native one first:
/// libseccomp always has that one, and some profiles leave it out.
Result<std::vector<std::uint32_t>> add_architectures(scmp_filter_ctx context,
                                                     const oci::Seccomp& profile) {
    std::vector<std::uint32_t> tokens{seccomp_arch_native()};
    for (std::size_t i = 0; i < profile.architectures.size(); ++i) {
        const oci::SeccompArch arch = profile.architectures[i];
        const std::string pointer = cat("/linux/seccomp/architectures/", i);
        const std::uint32_t token = TRY(token_of(arch).at(pointer));
        if (std::ranges::find(tokens, token) != tokens.end()) continue;
        const int added = seccomp_arch_add(context, token);
        if (added == -EDOM)
            return refuse(Kind::spec,
                          cat(name_of(arch), " has another byte order than this machine"), pointer);
        if (added != 0)
            return refuse(Kind::os, cat(name_of(arch), ": ", errno_words(-added)), pointer);
        tokens.push_back(token);
    }
    return tokens;
}

/// Adds the rules of one profile and remembers what they were.
class Rules {
 public:
    Rules(scmp_filter_ctx context, const oci::Seccomp& profile)
        : context_(context),
          default_action_(action_value(profile.default_action, profile.default_errno_ret)) {}

    Status add(const oci::SeccompRule& rule, const std::string& pointer);

    [[nodiscard]] std::size_t count() const { return count_; }
    std::vector<std::string> take_unknown() { return std::move(unknown_); }

 private:
    using Comparisons = std::vector<scmp_arg_cmp>;

    static Result<Comparisons> comparisons(const oci::SeccompRule& rule,
                                           const std::string& pointer);
    Status add_one(std::uint32_t action, int number, const Comparisons& comparisons);
    void note_unknown(const std::string& name);

    scmp_filter_ctx context_;
    std::uint32_t default_action_;
    std::size_t count_ = 0;
    std::vector<std::string> unknown_;
};

Result<Rules::Comparisons> Rules::comparisons(const oci::SeccompRule& rule,
                                              const std::string& pointer) {
    Comparisons all;
    for (std::size_t i = 0; i < rule.args.size(); ++i) {
        const oci::SeccompArg& arg = rule.args[i];
        if (arg.index >= kArguments)
            return refuse(Kind::spec,
                          cat("argument ", arg.index, " does not exist: a system call has 0 to 5"),
                          cat(pointer, "/args/", i, "/index"));
        all.push_back({.arg = arg.index,
                       .op = operator_value(arg.op),
                       .datum_a = arg.value,
                       .datum_b = arg.value_two});
    }
    return all;
}

Status Rules::add_one(std::uint32_t action, int number, const Comparisons& comparisons) {
    const int added = seccomp_rule_add_array(
        context_, action, number, static_cast<unsigned>(comparisons.size()), comparisons.data());
    if (added == -EEXIST)
        return fail(Kind::spec, "contradicts an earlier rule for the same system call");
    if (added == -EOPNOTSUPP)
        return fail(Kind::unsupported, "the action is not supported by this kernel");
    if (added != 0)
        return fail(Kind::os, cat("libseccomp refuses the rule: ", errno_words(-added)));
    ++count_;
    return {};
}

void Rules::note_unknown(const std::string& name) {
    if (std::ranges::find(unknown_, name) == unknown_.end()) unknown_.push_back(name);
}

bool shares_an_argument(const std::vector<scmp_arg_cmp>& comparisons) {
    std::array<bool, kArguments> seen{};
    return std::ranges::any_of(comparisons, [&seen](const scmp_arg_cmp& comparison) {
        return std::exchange(seen[comparison.arg], true);
    });
}

Status Rules::add(const oci::SeccompRule& rule, const std::string& pointer) {
    TRY(check_errno(rule.action, rule.errno_ret).at(cat(pointer, "/errnoRet")));
    const Comparisons all = TRY(comparisons(rule, pointer));
    const std::uint32_t action = action_value(rule.action, rule.errno_ret);
    for (std::size_t i = 0; i < rule.names.size(); ++i) {
        const std::string& name = rule.names[i];
        const int number = seccomp_syscall_resolve_name(name.c_str());
        if (number == __NR_SCMP_ERROR) {
            note_unknown(name);
            continue;
        }
        // libseccomp refuses a rule that says what the default says.
        if (action == default_action_) continue;
        const std::string place = cat(pointer, "/names/", i);
        if (!shares_an_argument(all)) {
            TRY(add_one(action, number, all).during(name).at(place));
            continue;
        }
        for (const scmp_arg_cmp& comparison : all)
            TRY(add_one(action, number, {comparison}).during(name).at(place));
    }
    return {};
}

/// The highest number of each architecture that the profile names, for the prologue; an
/// architecture of which it names no call is left to the filter.
std::vector<LastSyscall> last_syscalls(const oci::Seccomp& profile,
                                       const std::vector<std::uint32_t>& tokens) {
    std::vector<LastSyscall> all;
    for (std::uint32_t token : tokens) {
        int highest = 0;
        for (const oci::SeccompRule& rule : profile.syscalls)
            for (const std::string& name : rule.names)
                highest = std::max(highest, seccomp_syscall_resolve_name_arch(token, name.c_str()));
        if (highest <= 0) continue;
        LastSyscall last{.audit_arch = token, .number = static_cast<std::uint32_t>(highest)};
        if (token == SCMP_ARCH_X86_64) last.numbering = Numbering::x86_64;
        if (token == SCMP_ARCH_S390 || token == SCMP_ARCH_S390X) last.numbering = Numbering::s390;
        if (token == SCMP_ARCH_X32) {
            // libseccomp's token for it is made up; the kernel reports x86_64.
            last.audit_arch = SCMP_ARCH_X86_64;
            last.numbering = Numbering::x32;
        }
        all.push_back(last);
    }
    return all;
}

/// Whether calls that the profile does not know get ENOSYS. Not where the default lets them
/// happen, and not where a tracer or a supervisor answers them.
bool wants_prologue(const oci::Seccomp& profile) {
    switch (profile.default_action) {
        case oci::SeccompAction::allow:
        case oci::SeccompAction::log:
        case oci::SeccompAction::trace:
        case oci::SeccompAction::notify:
            return false;
        case oci::SeccompAction::errno_:
            return profile.default_errno_ret != std::optional<std::uint32_t>(ENOSYS);
        case oci::SeccompAction::kill:
        case oci::SeccompAction::kill_process:
        case oci::SeccompAction::kill_thread:
        case oci::SeccompAction::trap:
            return true;
    }
    return true;
}

}  // namespace

Result<Filter> compile_filter(const oci::Seccomp& profile) {
    TRY(check_errno(profile.default_action, profile.default_errno_ret)
            .at("/linux/seccomp/defaultErrnoRet"));
    const Context context = TRY(new_filter(profile));
    const auto tokens = TRY(add_architectures(context.get(), profile));
    Rules rules(context.get(), profile);
    for (std::size_t i = 0; i < profile.syscalls.size(); ++i)
        TRY(rules.add(profile.syscalls[i], cat("/linux/seccomp/syscalls/", i)));
    if (rules.count() > kRulesForTree)
        seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, kBinaryTree);

    Filter filter;
    filter.unknown_syscalls = rules.take_unknown();
    if (wants_prologue(profile))
        filter.instructions = enosys_prologue(last_syscalls(profile, tokens));
    TRY(append_filter(context.get(), filter.instructions).at("/linux/seccomp"));
    if (filter.instructions.size() > kMaxInstructions)
        return refuse(Kind::spec,
                      cat("the filter has ", filter.instructions.size(),
                          " instructions, the kernel takes ", kMaxInstructions),
                      "/linux/seccomp");
    return filter;
}

}  // namespace crux::seccomp

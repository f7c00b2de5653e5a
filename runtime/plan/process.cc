#include <algorithm>

#include "oci-spec/diagnostics.h"
#include "oci-spec/extensions.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/plan/draft.h"
#include "runtime/plan/step_info.h"

namespace crux::plan {

Status plan_console(PlanDraft& draft, const Terminal& terminal) {
    if (draft.process == nullptr || !draft.process->terminal) return {};
    const std::string origin = draft.of_process("/terminal");
    SlotIndex slot = kNoSlot;
    if (terminal.foreground || !terminal.console_socket.empty()) {
        slot = TRY(take_slot(draft, {.what = terminal.foreground ? SlotUse::What::terminal_socket
                                                                 : SlotUse::What::console_socket,
                                     .path = std::string(terminal.console_socket),
                                     .origin = origin}));
    }
    const oci::ConsoleSize size = draft.process->console_size.value_or(oci::ConsoleSize{});
    draft.add(Kind::console, origin).console = {
        .rows = size.height,
        .columns = size.width,
        .socket = slot,
        .bind_console = static_cast<std::uint16_t>(terminal.bind_console ? 1 : 0),
        .uid = draft.process->user.uid,
    };
    return {};
}

void plan_directory(PlanDraft& draft) {
    if (draft.process == nullptr) return;
    std::string scratch;
    const std::string_view path = path_in_root(draft.process->cwd, scratch);
    if (path.empty()) return;
    const Text where = draft.out.text(path);
    draft.add(Kind::directory, draft.of_process("/cwd")).path = {where};
}

void plan_sysctls(PlanDraft& draft) {
    for (const auto& [key, value] : draft.config.linux.sysctl) {
        // sysctl(8): the separator is the first of the two characters in the key; the other one is
        // then part of a name.
        std::string path = key;
        const std::size_t first = path.find_first_of("./");
        if (first != std::string::npos && path[first] == '.')
            for (char& c : path) c = c == '.' ? '/' : c == '/' ? '.' : c;
        const Text where = draft.out.text(path);
        const Text what = draft.out.text(value);
        draft.add(Kind::sysctl, cat("/linux/sysctl", oci::pointer_token(key))).sysctl = {where,
                                                                                         what};
    }
}

void plan_names(PlanDraft& draft) {
    if (!draft.config.hostname.empty()) {
        const Text name = draft.out.text(draft.config.hostname);
        draft.add(Kind::host_name, "/hostname").text = name;
    }
    if (!draft.config.domainname.empty()) {
        const Text name = draft.out.text(draft.config.domainname);
        draft.add(Kind::domain_name, "/domainname").text = name;
    }
}

namespace {

void plan_label(PlanDraft& draft, std::string_view attribute, std::string_view value,
                std::string_view property) {
    const Text where = draft.out.text(attribute);
    const Text what = draft.out.text(value);
    draft.add(Kind::label, draft.of_process(property)).label = {where, what};
}

}  // namespace

void plan_keyring(PlanDraft& draft) {
    // A key gets its label when it is created, and exec resets this attribute.
    if (draft.process != nullptr && !draft.process->selinux_label.empty())
        plan_label(draft, "keycreate", draft.process->selinux_label, "/selinuxLabel");
    const Text name = draft.out.text(cat("_ses.", draft.id));
    draft.add(Kind::keyring, {}).text = name;
}

void plan_oom_score(PlanDraft& draft) {
    if (draft.process == nullptr || !draft.process->oom_score_adj) return;
    if (draft.user_namespace) {
        // Lowering the score requires CAP_SYS_RESOURCE on the host.
        draft.host.oom_score_adj = draft.process->oom_score_adj;
        return;
    }
    draft.add(Kind::oom_score, draft.of_process("/oomScoreAdj")).oom_score = {
        *draft.process->oom_score_adj};
}

void plan_resource_limits(PlanDraft& draft) {
    if (draft.process == nullptr || draft.process->rlimits.empty()) return;
    if (draft.user_namespace) {
        // Raising a hard limit requires CAP_SYS_RESOURCE on the host.
        draft.host.rlimits = draft.process->rlimits;
        draft.add(Kind::ask_parent, draft.of_process("/rlimits")).ask_parent.request =
            Request::resource_limits;
        return;
    }
    for (std::size_t index = 0; index < draft.process->rlimits.size(); ++index) {
        const oci::Rlimit& limit = draft.process->rlimits[index];
        draft.add(Kind::resource_limit, draft.of_process(cat("/rlimits/", index)))
            .resource_limit = {static_cast<std::uint32_t>(limit.type), limit.soft, limit.hard};
    }
}

void plan_affinity(PlanDraft& draft) {
    draft.add(Kind::affinity, {}).affinity = {};
}

namespace {

/// The ranges as a bit mask: number 0 is the lowest bit of the first word.
List mask_of(Assembler& out, const oci::Ranges& ranges) {
    std::vector<std::uint64_t> words;
    oci::Ranges sorted = ranges;
    std::ranges::sort(sorted, {}, &oci::Range::first);
    // Each bit is set once, however often the ranges contain it.
    std::uint64_t next = 0;
    for (const oci::Range& range : sorted) {
        if (words.size() <= range.last / 64) words.resize((range.last / 64) + 1);
        for (next = std::max<std::uint64_t>(next, range.first); next <= range.last; ++next)
            words[next / 64] |= std::uint64_t{1} << (next % 64);
    }
    return out.list(std::span<const std::uint64_t>(words));
}

}  // namespace

void plan_exec_affinity(PlanDraft& draft, AffinityMoment moment) {
    const auto& wanted = draft.process->exec_cpu_affinity;
    const bool before = moment == AffinityMoment::before_cgroup;
    if (!wanted || (wanted->initial.empty() && wanted->final.empty())) {
        if (!before) plan_affinity(draft);
        return;
    }
    const oci::Ranges& ranges = before ? wanted->initial : wanted->final;
    if (ranges.empty()) return;
    const List mask = mask_of(draft.out, ranges);
    draft
        .add(Kind::affinity,
             draft.of_process(before ? "/execCPUAffinity/initial" : "/execCPUAffinity/final"))
        .affinity = {mask};
}

void plan_scheduling(PlanDraft& draft) {
    if (draft.process != nullptr && draft.process->scheduler) {
        const oci::Scheduler& wanted = *draft.process->scheduler;
        draft.add(Kind::scheduler, draft.of_process("/scheduler")).scheduler = {
            .policy = static_cast<std::uint32_t>(wanted.policy),
            .nice = wanted.nice,
            .priority = static_cast<std::uint32_t>(wanted.priority),
            .reserved = 0,
            .flags = wanted.flags,
            .runtime = wanted.runtime,
            .deadline = wanted.deadline,
            .period = wanted.period,
        };
    }
    if (draft.process != nullptr && draft.process->io_priority) {
        constexpr unsigned kClassShift = 13;  // ioprio_set(2)
        const oci::IoPriority& wanted = *draft.process->io_priority;
        const std::uint64_t value = static_cast<std::uint64_t>(wanted.class_) << kClassShift |
                                    static_cast<std::uint32_t>(wanted.priority);
        draft.add(Kind::io_priority, draft.of_process("/ioPriority")).number = {value};
    }
    if (const auto& wanted = draft.config.linux.personality) {
        std::uint64_t number = 0;
        for (const oci::PersonalityWord& word : oci::kPersonalityDomains)
            if (word.value == wanted->domain) number = word.number;
        draft.add(Kind::personality, "/linux/personality/domain").number = {number};
    }
    if (const auto& wanted = draft.config.linux.memory_policy) {
        const List nodes = mask_of(draft.out, wanted->nodes);
        draft.add(Kind::memory_policy, "/linux/memoryPolicy").memory_policy = {
            static_cast<std::uint32_t>(wanted->mode) | wanted->flags, nodes};
    }
}

void plan_core_scheduling(PlanDraft& draft, std::uint64_t share_from) {
    if (draft.process == nullptr || !draft.config.extensions.core_scheduling) return;
    draft.add(Kind::core_scheduling, cat("/annotations/", oci::kCoreSchedulingAnnotation))
        .number = {share_from};
}

Status plan_landlock(PlanDraft& draft) {
    if (draft.process == nullptr || !draft.config.extensions.landlock) return {};
    const oci::Landlock& wanted = *draft.config.extensions.landlock;
    const std::string origin = cat("/annotations/", oci::kLandlockAnnotation);
    if (draft.facts.landlock_abi < wanted.abi)
        return std::unexpected(
            Error(Error::Kind::unsupported,
                  cat("requires Linux ", oci::landlock_kernel(wanted.abi), " with Landlock (ABI ",
                      wanted.abi, "); this kernel ",
                      draft.facts.landlock_abi == 0 ? std::string("does not have Landlock")
                                                    : cat("has ABI ", draft.facts.landlock_abi)))
                .at(origin));
    std::vector<LandlockRule> rules;
    std::string scratch;
    for (const oci::LandlockRule& rule : wanted.rules) {
        const Text path = draft.out.text(path_in_root(rule.path, scratch));
        rules.push_back({.path = path, .access = rule.access});
    }
    const List list = draft.out.list(std::span<const LandlockRule>(rules));
    draft.add(Kind::landlock, origin).landlock = {.handled = wanted.handled, .rules = list};
    return {};
}

namespace {

Status require_module(const PlanDraft& draft, bool is_enabled, std::string_view subject,
                      std::string_view property) {
    if (is_enabled) return {};
    return std::unexpected(
        Error(Error::Kind::unsupported, cat(subject, " is disabled or not supported"))
            .at(draft.of_process(property)));
}

}  // namespace

Status plan_labels(PlanDraft& draft) {
    if (draft.process == nullptr) return {};
    if (!draft.process->apparmor_profile.empty()) {
        TRY(require_module(draft, draft.facts.apparmor,
                           "apparmor profile is specified in config, but apparmor",
                           "/apparmorProfile"));
        plan_label(draft, "apparmor/exec", cat("exec ", draft.process->apparmor_profile),
                   "/apparmorProfile");
    }
    if (!draft.process->selinux_label.empty()) {
        TRY(require_module(draft, draft.facts.selinux,
                           "selinux label is specified in config, but selinux", "/selinuxLabel"));
        plan_label(draft, "exec", draft.process->selinux_label, "/selinuxLabel");
    }
    return {};
}

void plan_stdio(PlanDraft& draft, NullDevice null) {
    if (draft.process == nullptr || draft.process->terminal) return;
    Step& step = draft.add(Kind::own_stdio, draft.of_process("/user/uid"));
    step.flags = null == NullDevice::exchange ? kReopenNull : 0;
    step.number = {draft.process->user.uid};
}

namespace {

constexpr std::uint64_t kSysAdmin = std::uint64_t{1} << 21U;

/// The capability sets of the process; all empty if it has none.
const oci::Capabilities& wanted_capabilities(const PlanDraft& draft) {
    static const oci::Capabilities kNone;
    return draft.process->capabilities ? *draft.process->capabilities : kNone;
}

CapabilitySets capability_sets(const PlanDraft& draft) {
    const oci::Capabilities& wanted = wanted_capabilities(draft);
    return {
        .effective = wanted.effective,
        .permitted = wanted.permitted,
        .inheritable = wanted.inheritable,
        .ambient = wanted.ambient,
    };
}

}  // namespace

void plan_bounding_set(PlanDraft& draft) {
    if (draft.process == nullptr) return;
    draft.add(Kind::bounding_set, draft.of_process("/capabilities/bounding")).number = {
        wanted_capabilities(draft).bounding};
}

void plan_first_directory(PlanDraft& draft) {
    if (draft.process == nullptr) return;
    const Text path = draft.out.text(draft.process->cwd);
    Step& step = draft.add(Kind::working_directory, draft.of_process("/cwd"));
    step.flags = kFirstTry;
    step.working_directory = {path};
}

namespace {

/// An unprivileged user cannot change its supplementary groups, even in its own user namespace
/// (user_namespaces(7), Interaction with setgroups).
bool must_keep_groups(const PlanDraft& draft) {
    return draft.facts.uid != 0 || draft.facts.setgroups_denied;
}

bool keeps_groups(const PlanDraft& draft) {
    return must_keep_groups(draft) || draft.config.extensions.keep_groups;
}

}  // namespace

Status plan_user(PlanDraft& draft) {
    if (draft.process == nullptr) return {};
    const oci::User& user = draft.process->user;
    const bool keep = keeps_groups(draft);
    const bool asked = draft.config.extensions.keep_groups;
    if (keep && !asked && !user.additional_gids.empty())
        return std::unexpected(Error(Error::Kind::unsupported,
                                     "cannot set any additional groups in a rootless container")
                                   .at(draft.of_process("/user/additionalGids")));
    const List groups = draft.out.list(std::span<const std::uint32_t>(user.additional_gids));
    draft.add(Kind::user, draft.of_process("/user")).user = {
        .uid = user.uid,
        .gid = user.gid,
        .groups = groups,
        .keep_groups = keep ? 1U : 0U,
    };
    return {};
}

FilterPrivilege filter_privilege(const PlanDraft& draft, const Filter& filter) {
    if (draft.process == nullptr || filter.program.empty() || draft.process->no_new_privileges)
        return FilterPrivilege::drop;
    const oci::Capabilities& wanted = wanted_capabilities(draft);
    const bool has = (wanted.effective & wanted.permitted & kSysAdmin) != 0;
    return has ? FilterPrivilege::drop : FilterPrivilege::keep;
}

void plan_capabilities(PlanDraft& draft, FilterPrivilege privilege) {
    if (draft.process == nullptr) return;
    Step& step = draft.add(Kind::capabilities, draft.of_process("/capabilities"));
    step.flags = privilege == FilterPrivilege::keep ? kUntilFilter : 0;
    step.capabilities = capability_sets(draft);
}

void plan_drop_capabilities(PlanDraft& draft) {
    if (draft.process == nullptr) return;
    draft.add(Kind::drop_capabilities, {});
}

void keep_needed(PlanDraft& draft) {
    const auto steps = draft.out.steps();
    const auto drop = std::ranges::find(steps, Kind::drop_capabilities, &Step::kind);
    if (drop == steps.end()) return;
    const bool needs_no_privilege = draft.process->no_new_privileges;
    // The sets of the process can only have what is permitted now.
    std::uint64_t keep =
        wanted_capabilities(draft).permitted | wanted_capabilities(draft).effective;
    for (const Step& step : std::span(std::next(drop), steps.end())) {
        const bool only_restricts = step.kind == Kind::seccomp || step.kind == Kind::landlock;
        if (!only_restricts || !needs_no_privilege) keep |= step_info(step.kind).needs;
    }
    drop->number.value = keep;
}

void plan_last_capabilities(PlanDraft& draft) {
    draft.add(Kind::last_capabilities, draft.of_process("/capabilities")).capabilities =
        capability_sets(draft);
}

void plan_umask(PlanDraft& draft) {
    if (draft.process == nullptr || !draft.process->user.umask) return;
    draft.add(Kind::umask, draft.of_process("/user/umask")).number = {*draft.process->user.umask};
}

void plan_working_directory(PlanDraft& draft) {
    if (draft.process == nullptr) return;
    const Text path = draft.out.text(draft.process->cwd);
    draft.add(Kind::working_directory, draft.of_process("/cwd")).working_directory = {path};
}

void plan_no_new_privileges(PlanDraft& draft) {
    if (draft.process == nullptr || !draft.process->no_new_privileges) return;
    draft.add(Kind::no_new_privileges, draft.of_process("/noNewPrivileges"));
}

void plan_verify(PlanDraft& draft, FilterPrivilege privilege) {
    if (draft.process == nullptr) return;
    const oci::User& user = draft.process->user;
    CapabilitySets sets = capability_sets(draft);
    if (privilege == FilterPrivilege::keep) {
        sets.effective |= kSysAdmin;
        sets.permitted |= kSysAdmin;
    }
    // As the kernel keeps them.
    std::vector<std::uint32_t> groups = user.additional_gids;
    std::ranges::sort(groups);
    const List sorted = draft.out.list(std::span<const std::uint32_t>(groups));
    draft.add(Kind::verify, {}).verify = {
        .bounding = wanted_capabilities(draft).bounding,
        .sets = sets,
        .uid = user.uid,
        .gid = user.gid,
        .groups = sorted,
        .keep_groups = static_cast<std::uint16_t>(keeps_groups(draft) ? 1 : 0),
        .no_new_privileges = static_cast<std::uint16_t>(draft.process->no_new_privileges ? 1 : 0),
    };
}

}  // namespace crux::plan

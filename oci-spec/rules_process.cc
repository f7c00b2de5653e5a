#include "oci-spec/rule_list.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"

namespace crux::oci {

namespace {

// To setresuid(2) and chown(2) it means "no change".
constexpr std::uint32_t kNoId = ~std::uint32_t{0};

void check_id(std::uint32_t id, const std::string& at, Diagnostics& out) {
    if (id == kNoId)
        out.error(at, cat(id, " is not a valid ID: to system calls it means \"no change\""));
}

std::string words_of(CapabilitySet set) {
    return join(capability::names_of(set), ", ");
}

void check_deadline(const Scheduler& scheduler, Diagnostics& out) {
    // sched_setattr(2): the minimum runtime, and runtime <= deadline <= period (0: the deadline).
    constexpr std::uint64_t kLeastRuntime = 1024;
    if (scheduler.runtime < kLeastRuntime)
        out.error("/scheduler/runtime",
                  cat("must be at least ", kLeastRuntime, " ns, not ", scheduler.runtime));
    if (scheduler.deadline < scheduler.runtime)
        out.error("/scheduler/deadline", "must not be less than runtime");
    if (scheduler.period != 0 && scheduler.period < scheduler.deadline)
        out.error("/scheduler/period", "must not be less than deadline");
}

}  // namespace

void check_console_size(const Process& process, Diagnostics& out) {
    if (process.console_size && !process.terminal)
        out.warn("/consoleSize", "is ignored without a terminal");
}

void check_cwd(const Process& process, Diagnostics& out) {
    if (process.cwd.empty())
        out.error("/cwd", "Cwd property must not be empty");
    else if (!process.cwd.starts_with('/'))
        out.error("/cwd", "Cwd must be an absolute path");
}

void check_args(const Process& process, Diagnostics& out) {
    if (process.args.empty())
        out.error("/args", "args must not be empty");
    else if (process.args[0].empty())
        out.warn("/args/0", "is empty and does not name a program");
}

void check_environment(const Process& process, Diagnostics& out) {
    for (std::size_t index = 0; index < process.env.size(); ++index) {
        const std::size_t equals = process.env[index].find('=');
        if (equals == std::string::npos)
            out.error(cat("/env/", index), "invalid environment variable: missing '='");
        else if (equals == 0)
            out.error(cat("/env/", index), "invalid environment variable: name cannot be empty");
    }
}

void check_rlimits(const Process& process, Diagnostics& out) {
    std::uint32_t seen = 0;
    for (std::size_t index = 0; index < process.rlimits.size(); ++index) {
        const Rlimit& limit = process.rlimits[index];
        const std::uint32_t bit = 1U << static_cast<unsigned>(limit.type);
        if ((seen & bit) != 0)
            out.error(cat("/rlimits/", index, "/type"),
                      cat(name_of(kRlimits, limit.type), " is given more than once"));
        seen |= bit;
        if (limit.soft > limit.hard)
            out.error(cat("/rlimits/", index, "/soft"),
                      cat("must not exceed hard (", limit.hard, "), but is ", limit.soft));
    }
}

// Sets that the kernel would reject or change. The specification requires warnings here, not
// errors.
void check_capabilities(const Process& process, Diagnostics& out) {
    if (!process.capabilities) return;
    const Capabilities& sets = *process.capabilities;
    if (const CapabilitySet more = sets.effective & ~sets.permitted; more != 0)
        out.warn("/capabilities/effective",
                 cat("contains capabilities that are not in permitted: ", words_of(more)));
    if (const CapabilitySet more = sets.ambient & ~(sets.permitted & sets.inheritable); more != 0)
        out.warn("/capabilities/ambient",
                 cat("can't raise ambient capability ", words_of(more),
                     ": it must also be in the permitted and inheritable sets"));
}

void check_oom_score(const Process& process, Diagnostics& out) {
    constexpr std::int32_t kLimit = 1000;  // OOM_SCORE_ADJ_MAX
    if (process.oom_score_adj &&
        (*process.oom_score_adj < -kLimit || *process.oom_score_adj > kLimit))
        out.error("/oomScoreAdj", cat("must be from -1000 to 1000, not ", *process.oom_score_adj));
}

void check_scheduler(const Process& process, Diagnostics& out) {
    if (!process.scheduler) return;
    const Scheduler& scheduler = *process.scheduler;
    const bool realtime =
        scheduler.policy == SchedulerPolicy::fifo || scheduler.policy == SchedulerPolicy::rr;
    const std::string_view policy = name_of(kSchedulerPolicies, scheduler.policy);
    if (scheduler.nice < -20 || scheduler.nice > 19)
        out.error("/scheduler/nice", cat("must be from -20 to 19, not ", scheduler.nice));
    if (realtime && (scheduler.priority < 1 || scheduler.priority > 99))
        out.error("/scheduler/priority",
                  cat("must be from 1 to 99 for ", policy, ", not ", scheduler.priority));
    if (!realtime && scheduler.priority != 0)
        out.error("/scheduler/priority",
                  cat("is only valid for SCHED_FIFO and SCHED_RR, not for ", policy));
    if (scheduler.policy == SchedulerPolicy::deadline)
        check_deadline(scheduler, out);
    else if (scheduler.runtime != 0 || scheduler.deadline != 0 || scheduler.period != 0)
        out.error("/scheduler",
                  cat("runtime, deadline and period are only valid for SCHED_DEADLINE, not for ",
                      policy));
}

void check_io_priority(const Process& process, Diagnostics& out) {
    if (process.io_priority &&
        (process.io_priority->priority < 0 || process.io_priority->priority > 7))
        out.error("/ioPriority/priority",
                  cat("must be from 0 to 7, not ", process.io_priority->priority));
}

void check_user(const Process& process, Diagnostics& out) {
    constexpr std::uint32_t kPermissions = 0777;
    check_id(process.user.uid, "/user/uid", out);
    check_id(process.user.gid, "/user/gid", out);
    if (process.user.umask && *process.user.umask > kPermissions)
        out.error("/user/umask", cat("must be permission bits, in decimal from 0 to ", kPermissions,
                                     ", not ", *process.user.umask));
    for (std::size_t index = 0; index < process.user.additional_gids.size(); ++index)
        check_id(process.user.additional_gids[index], cat("/user/additionalGids/", index), out);
}

}  // namespace crux::oci

#include <asm/unistd.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/plan/describe.h"
#include "runtime/plan/describe_parts.h"

namespace crux::plan {

namespace {

std::string_view detail_of(const InitReport& report) {
    return {report.detail, std::min<std::size_t>(report.detail_length, sizeof report.detail)};
}

std::string words_of(const InitReport& report) {
    return errno_words(report.error);
}

/// "call: words"; without the call where no call of the kernel's said it.
std::string cause_of(const InitReport& report) {
    if (report.error == ENOSYS && report.call == __NR_mount_setattr)
        return "mount_setattr: needs Linux 5.12";
    const std::string_view name = report.call == 0 ? std::string_view() : call_name(report.call);
    return name.empty() ? words_of(report) : cat(name, ": ", words_of(report));
}

/// The name that config.json gives the program.
std::string_view program_name(const Plan& plan) {
    for (const Step& step : plan.steps())
        if (step.kind == Kind::exec)
            for (const Text argument : plan.list<Text>(step.exec.arguments))
                return plan.text(argument);
    return {};
}

/// In Go's words: callers tell from them whether the program is missing or may not be run.
std::string find_program_text(const Plan& plan, const InitReport& report) {
    const std::string_view name = program_name(plan);
    const std::string exec = cat("exec: ", quoted(name), ": ");
    if (name.find('/') == std::string_view::npos)
        return exec + "executable file not found in $PATH";
    const bool stat_failed = report.call == __NR_statx && report.error != EISDIR;
    // execve(2) itself would say EACCES, and Docker 20.10 gives its exit code 126 by those words.
    if (report.error == EISDIR) return cat(exec, words_of(report), ": ", errno_words(EACCES));
    return stat_failed ? cat(exec, "stat ", name, ": ", words_of(report)) : exec + words_of(report);
}

std::string directory_text(const Plan& plan, const Step& step, const InitReport& report) {
    if (report.call == __NR_getcwd)
        return "current working directory is outside of container mount namespace root -- possible "
               "container breakout detected";
    return cat("chdir to cwd (", quoted(plan.text(step.working_directory.path)),
               ") set in config.json failed: ", words_of(report));
}

/// What the file system itself had to say, without the level in front and the line end behind.
std::string log_words(const InitReport& report) {
    std::string_view log = trimmed(detail_of(report));
    if (log.size() > 2 && log[1] == ' ' && (log[0] == 'e' || log[0] == 'w' || log[0] == 'i'))
        log.remove_prefix(2);
    return log.empty() ? std::string() : cat(" (", log, ')');
}

std::string bad_parameter(const Plan& plan, List parameters, const InitReport& report) {
    const auto list = plan.list<Parameter>(parameters);
    if (report.call != __NR_fsconfig || report.extra < 1 ||
        static_cast<std::size_t>(report.extra) > list.size())
        return {};
    const Parameter& parameter = list[static_cast<std::size_t>(report.extra) - 1];
    const std::string option = parameter.has_value == 0
                                   ? std::string(plan.text(parameter.key))
                                   : cat(plan.text(parameter.key), '=', plan.text(parameter.value));
    return cat("option ", quoted(option), ": ");
}

/// `cause` names the part of the mount that failed, where it is known.
std::string mount_text(const Plan& plan, Text source, Text target, const InitReport& report,
                       std::string_view cause = {}) {
    return cat("error mounting ", quoted(plan.text(source)), " to rootfs at ",
               quoted(cat('/', plan.text(target))), ": ", cause, cause_of(report),
               log_words(report));
}

/// Go's words for the signals that end processes, which it prints after "signal: ".
std::string signal_words(int number) {
    struct Word {
        int number;
        std::string_view text;
    };
    constexpr std::array kWords = {
        Word{SIGHUP, "hangup"},
        Word{SIGINT, "interrupt"},
        Word{SIGQUIT, "quit"},
        Word{SIGILL, "illegal instruction"},
        Word{SIGTRAP, "trace/breakpoint trap"},
        Word{SIGABRT, "aborted"},
        Word{SIGBUS, "bus error"},
        Word{SIGFPE, "floating point exception"},
        Word{SIGKILL, "killed"},
        Word{SIGUSR1, "user defined signal 1"},
        Word{SIGSEGV, "segmentation fault"},
        Word{SIGUSR2, "user defined signal 2"},
        Word{SIGPIPE, "broken pipe"},
        Word{SIGALRM, "alarm clock"},
        Word{SIGTERM, "terminated"},
        Word{SIGXCPU, "CPU time limit exceeded"},
        Word{SIGXFSZ, "file size limit exceeded"},
        Word{SIGSYS, "bad system call"},
    };
    for (const Word& word : kWords)
        if (word.number == number) return std::string(word.text);
    return cat("signal ", number);
}

/// What a hook said: the length of its stdout in two bytes, then stdout and stderr.
std::string hook_streams(const InitReport& report) {
    std::string_view said = detail_of(report);
    std::string_view complained;
    if (said.size() >= 2) {
        const auto low = static_cast<unsigned char>(said[0]);
        const auto high = static_cast<unsigned char>(said[1]);
        const std::size_t length = low + (std::size_t{high} << 8U);
        said.remove_prefix(2);
        complained = said.substr(std::min(length, said.size()));
        said = said.substr(0, length);
    }
    return cat(", stdout: ", trimmed(said), ", stderr: ", trimmed(complained));
}

std::string hook_text(const Plan& plan, const Step& step, const InitReport& report) {
    const std::string head = cat("error running ", hook_name(plan, step), ": ");
    if (report.call != __NR_wait4) return head + cause_of(report);
    if (report.error == ETIMEDOUT)
        return cat(head, "hook ran past specified timeout of ", step.hook.timeout, ".0s");
    const int status = report.extra;
    const std::string end = WIFSIGNALED(status) ? cat("signal: ", signal_words(WTERMSIG(status)))
                                                : cat("exit status ", WEXITSTATUS(status));
    return cat(head, end, hook_streams(report));
}

/// A procfs or sysfs goes on a directory and nothing else. Callers look for runc's words.
bool is_not_ordinary(const Mount& mount, const InitReport& report) {
    return (mount.flags & kOnlyDirectory) != 0 && report.call == __NR_openat2 &&
           (report.error == ELOOP || report.error == ENOTDIR);
}

std::string file_system_text(const Plan& plan, const Mount& mount, const InitReport& report) {
    const Text source = mount.source.length != 0 ? mount.source : mount.type;
    const std::string cause = report.call == __NR_fsopen
                                  ? cat("file system type ", quoted(plan.text(mount.type)), ": ")
                                  : bad_parameter(plan, mount.parameters, report);
    std::string text = mount_text(plan, source, mount.target, report, cause);
    if (is_not_ordinary(mount, report))
        text += cat(" (filesystem ", quoted(plan.text(mount.type)),
                    " must be mounted on ordinary directory)");
    return text;
}

/// sched_setattr(2): EPERM also where a deadline meets fewer CPUs than the system has.
std::string scheduler_text(const Plan& plan, const Step& step, const InitReport& report) {
    const bool has_cpus = std::ranges::any_of(
        plan.host.limits.settings,
        [](const cgroup::Setting& setting) { return setting.file == "cpuset.cpus"; });
    constexpr std::uint32_t kDeadline = 6;  // SCHED_DEADLINE
    std::string text = cat(describe(plan, step), ": ", cause_of(report));
    if (report.error == EPERM && has_cpus && step.scheduler.policy == kDeadline)
        text += " (process scheduler can't be used together with AllowedCPUs)";
    return text;
}

std::string user_text(const Plan& plan, const Step& step, const InitReport& report) {
    if (report.error == EINVAL && report.call == __NR_setresuid)
        return cat("cannot setuid to unmapped uid ", step.user.uid, " in user namespace");
    if (report.error == EINVAL && report.call == __NR_setresgid)
        return cat("cannot setgid to unmapped gid ", step.user.gid, " in user namespace");
    return cat(describe(plan, step), ": ", cause_of(report));
}

std::string landlock_text(const Plan& plan, const Step& step, const InitReport& report) {
    const auto rules = plan.list<LandlockRule>(step.landlock.rules);
    const auto index = static_cast<std::size_t>(report.extra);
    if (index < 1 || index > rules.size())
        return cat("restrict the use of files with Landlock: ", cause_of(report));
    return cat("Landlock rule for ", quoted(cat('/', plan.text(rules[index - 1].path))), ": ",
               cause_of(report));
}

std::string core_scheduling_text(const InitReport& report) {
    if (report.error == ENODEV)
        return "core scheduling has nothing to do: the CPUs have no siblings (SMT)";
    if (report.error == EINVAL) return "core scheduling needs Linux 5.14 with CONFIG_SCHED_CORE";
    return cat("core scheduling: ", cause_of(report));
}

/// set_mempolicy(2) says EINVAL of a mode that the kernel is too old for, and of nodes that it does
/// not have.
std::string memory_policy_text(const Plan& plan, const Step& step, const InitReport& report) {
    struct Since {
        std::uint32_t bits;
        std::string_view version;
    };
    constexpr std::uint32_t kFlags = 7U << 13U;
    constexpr std::uint32_t kBalancing = 1U << 13U;
    constexpr std::array kNewer = {
        Since{static_cast<std::uint32_t>(oci::MemoryPolicyMode::preferred_many), "5.15"},
        Since{static_cast<std::uint32_t>(oci::MemoryPolicyMode::weighted_interleave), "6.9"},
    };
    std::string text = cat(describe(plan, step), ": ", cause_of(report));
    if (report.error != EINVAL) return text;
    const std::uint32_t mode = step.memory_policy.mode;
    for (const Since& newer : kNewer)
        if (newer.bits == (mode & ~kFlags))
            return cat(text, " (this mode needs Linux ", newer.version, ')');
    return (mode & kBalancing) == 0 ? text : text + " (this flag needs Linux 5.12)";
}

/// Before Linux 5.14 every call that sets attributes takes this one for an unknown bit.
bool is_too_new(const Attributes& attributes, const InitReport& report) {
    if (((attributes.set | attributes.recursive_set) & oci::kMountAttrNosymfollow) == 0)
        return false;
    const bool unknown = report.error == EINVAL || report.error == ENOSYS;
    return unknown && (report.call == __NR_fsmount || report.call == __NR_mount_setattr);
}

std::string sentence_of(const Plan& plan, const Step& step, const InitReport& report) {
    constexpr const char* kTooNew = "nosymfollow needs Linux 5.14";
    if (step.kind == Kind::mount && is_too_new(step.mount.attributes, report)) return kTooNew;
    if (step.kind == Kind::bind && is_too_new(step.bind.attributes, report)) return kTooNew;
    if (step.kind == Kind::find_program) return find_program_text(plan, report);
    if (step.kind == Kind::working_directory) return directory_text(plan, step, report);
    if (step.kind == Kind::mount) return file_system_text(plan, step.mount, report);
    if (step.kind == Kind::scheduler) return scheduler_text(plan, step, report);
    if (step.kind == Kind::bind)
        return mount_text(plan, step.bind.source, step.bind.target, report);
    if (step.kind == Kind::attributes)
        return cat(describe(plan, step), ": ",
                   bad_parameter(plan, step.attributes.parameters, report), cause_of(report),
                   log_words(report));
    if (step.kind == Kind::landlock) return landlock_text(plan, step, report);
    if (step.kind == Kind::memory_policy) return memory_policy_text(plan, step, report);
    if (step.kind == Kind::core_scheduling) return core_scheduling_text(report);
    if (step.kind == Kind::hook) return hook_text(plan, step, report);
    if (step.kind == Kind::user) return user_text(plan, step, report);
    return cat(describe(plan, step), ": ", cause_of(report));
}

}  // namespace

Error failure_sentence(const Plan& plan, const InitReport& report) {
    const auto steps = plan.steps();
    if (report.step >= steps.size())
        return {Error::Kind::protocol, cat("init reports a failure of step ", report.step,
                                           ", which the plan does not have")};
    const Step& step = steps[report.step];
    // A call that the kernel does not have is the host's limit, not a fault.
    const Error::Kind kind = report.error == ENOSYS ? Error::Kind::unsupported : Error::Kind::os;
    return Error(kind, sentence_of(plan, step, report)).at(plan.text(step.origin));
}

}  // namespace crux::plan

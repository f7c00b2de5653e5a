#include <asm/unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/plan/describe.h"
#include "runtime/plan/describe_parts.h"

namespace crux::plan {

namespace {

/// A missing system call means that the host does not support the step.
Error::Kind kind_of(const InitReport& report) {
    return report.error == ENOSYS ? Error::Kind::unsupported : Error::Kind::os;
}

/// More exact than the kind; nothing if that says it all.
std::optional<Reason> reason_of(const Step& step, const InitReport& report) {
    const bool is_program = step.kind == Kind::find_program || step.kind == Kind::exec;
    if (is_program && (report.error == ENOENT || report.error == ENOTDIR))
        return Reason::program_not_found;
    if (is_program) return Reason::program_not_executable;
    if (step.kind == Kind::hook) return Reason::hook;
    return std::nullopt;
}

/// Adds what programs are told of it.
Error described(Error error, std::optional<Reason> reason, const InitReport& report) {
    if (reason) error = std::move(error).as(*reason);
    return std::move(error).of_call(call_name(report.call), report.error);
}

std::string_view detail_of(const InitReport& report) {
    return {report.detail, std::min<std::size_t>(report.detail_length, sizeof report.detail)};
}

std::string words_of(const InitReport& report) {
    return errno_words(report.error);
}

/// "call: words"; without the call if the failure is not of a system call.
std::string cause_of(const InitReport& report) {
    if (report.error == ENOSYS && report.call == __NR_mount_setattr)
        return "mount_setattr: requires Linux 5.12";
    const std::string_view name = call_name(report.call);
    return name.empty() ? words_of(report) : cat(name, ": ", words_of(report));
}

/// The name of the program in config.json.
std::string_view program_name(const Plan& plan) {
    for (const Step& step : plan.steps())
        if (step.kind == Kind::exec)
            for (const Text argument : plan.list<Text>(step.exec.arguments))
                return plan.text(argument);
    return {};
}

/// Whether init goes on with the next directory of PATH after this error (find_program in its
/// exec.cc): it says that the program is not in this one.
bool is_not_there(int error) {
    constexpr auto kErrors =
        std::array{ENOENT, ENOTDIR, EISDIR, EACCES, ELOOP, ENAMETOOLONG, ENODEV, ESTALE, ETIMEDOUT};
    return std::ranges::find(kErrors, error) != kErrors.end();
}

/// Go's text: callers match it to see whether the program is missing or cannot be executed.
std::string find_program_text(const Plan& plan, const InitReport& report) {
    const std::string_view name = program_name(plan);
    const std::string exec = cat("exec: ", quoted(name), ": ");
    if (name.find('/') == std::string_view::npos)
        return exec + (is_not_there(report.error) ? "executable file not found in $PATH"
                                                  : cause_of(report));
    const bool stat_failed = report.call == __NR_statx && report.error != EISDIR;
    // execve(2) itself returns EACCES, and Docker 20.10 exits with status 126 by its text.
    if (report.error == EISDIR) return cat(exec, words_of(report), ": ", errno_words(EACCES));
    return stat_failed ? cat(exec, "stat ", name, ": ", words_of(report)) : exec + words_of(report);
}

std::string directory_text(const Plan& plan, const Step& step, const InitReport& report) {
    if (report.call == __NR_getcwd && report.error != ENOENT)
        return cat("verify that the working directory is inside the container: ", cause_of(report));
    if (report.call == __NR_getcwd)
        return "current working directory is outside of container mount namespace root -- possible "
               "container breakout detected";
    return cat("chdir to cwd (", quoted(plan.text(step.working_directory.path)),
               ") set in config.json failed: ", words_of(report));
}

/// The filesystem's own message, without the level in front and the line end.
std::string log_words(const InitReport& report) {
    std::string_view log = trimmed(detail_of(report));
    if (log.size() > 2 && log[1] == ' ' && (log[0] == 'e' || log[0] == 'w' || log[0] == 'i'))
        log.remove_prefix(2);
    return log.empty() ? std::string() : cat(" (", log, ')');
}

/// The option that the filesystem rejected, or null.
const Parameter* refused_parameter(const Plan& plan, List parameters, const InitReport& report) {
    const auto list = plan.list<Parameter>(parameters);
    if (report.call != __NR_fsconfig || report.extra < 1 ||
        static_cast<std::size_t>(report.extra) > list.size())
        return nullptr;
    return &list[static_cast<std::size_t>(report.extra) - 1];
}

std::string bad_parameter(const Plan& plan, List parameters, const InitReport& report) {
    const Parameter* parameter = refused_parameter(plan, parameters, report);
    if (parameter == nullptr) return {};
    return cat("option ", quoted(parameter_text(plan, *parameter)), ": ");
}

/// crux passes unknown options to the filesystem, so a misspelled mount option fails there, with
/// EINVAL.
std::string meant_option(const Plan& plan, List parameters, const InitReport& report) {
    const Parameter* parameter = refused_parameter(plan, parameters, report);
    if (parameter == nullptr || parameter->has_value != 0 || report.error != EINVAL) return {};
    return oci::mount_option_suggestion(plan.text(parameter->key));
}

/// `cause` is the part of the mount that failed, if it is known.
std::string mount_text(const Plan& plan, Text source, Text target, const InitReport& report,
                       std::string_view cause = {}) {
    return cat("error mounting ", quoted(plan.text(source)), " to rootfs at ",
               quoted(cat('/', plan.text(target))), ": ", cause, cause_of(report),
               log_words(report));
}

std::string hook_text(const Plan& plan, const Step& step, const InitReport& report) {
    const HookLabel label = {hook_list(plan, step), step.hook.index, plan.text(step.hook.path),
                             step.hook.timeout};
    return hook_failure_sentence(label, report).text();
}

/// A procfs or sysfs can only be mounted on a directory. Callers match runc's text.
bool is_not_ordinary(const Mount& mount, const InitReport& report) {
    return (mount.flags & kOnlyDirectory) != 0 && report.call == __NR_openat2 &&
           (report.error == ELOOP || report.error == ENOTDIR);
}

std::string file_system_text(const Plan& plan, const Mount& mount, const InitReport& report) {
    const Text source = mount.source.length != 0 ? mount.source : mount.type;
    const bool unknown_type =
        report.call == __NR_fsopen || (report.call == __NR_mount && report.error == ENODEV);
    const std::string cause = unknown_type
                                  ? cat("filesystem type ", quoted(plan.text(mount.type)), ": ")
                                  : bad_parameter(plan, mount.parameters, report);
    std::string text = mount_text(plan, source, mount.target, report, cause) +
                       meant_option(plan, mount.parameters, report);
    if (is_not_ordinary(mount, report))
        text += cat(" (filesystem ", quoted(plan.text(mount.type)),
                    " must be mounted on ordinary directory)");
    return text;
}

/// sched_setattr(2) also returns EPERM for SCHED_DEADLINE if the cpuset has fewer CPUs than the
/// system.
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
    if (report.error == EINVAL && report.call == __NR_setgroups)
        return "cannot set additional groups: one of them is unmapped in user namespace";
    return cat(describe(plan, step), ": ", cause_of(report));
}

/// "sysctl "NAME": ", with the name of config.json: the last token of the pointer (RFC 6901).
std::string sysctl_name(const Plan& plan, const Step& step) {
    constexpr std::string_view kPlace = "/linux/sysctl/";
    std::string name(plan.text(step.origin));
    if (name.starts_with(kPlace)) name.erase(0, kPlace.size());
    for (const auto& [token, character] : {std::pair("~1", "/"), std::pair("~0", "~")})
        for (std::size_t at = name.find(token); at != std::string::npos;
             at = name.find(token, at + 1))
            name.replace(at, 2, character);
    return cat("sysctl ", quoted(name), ": ");
}

std::string node_text(const Plan& plan, const Step& step, const InitReport& report) {
    std::string text = cat(describe(plan, step), ": ", cause_of(report));
    if (report.error != EEXIST || report.call != __NR_mknodat) return text;
    return text + (step.node.bind_from_host != 0 ? " (the host's file is another one)"
                                                 : " (the image's file is another one)");
}

std::string landlock_text(const Plan& plan, const Step& step, const InitReport& report) {
    const auto rules = plan.list<LandlockRule>(step.landlock.rules);
    const auto index = static_cast<std::size_t>(report.extra);
    if (index < 1 || index > rules.size())
        return cat("restrict filesystem access with Landlock: ", cause_of(report));
    return cat("Landlock rule for ", quoted(cat('/', plan.text(rules[index - 1].path))), ": ",
               cause_of(report));
}

std::string core_scheduling_text(const InitReport& report) {
    if (report.error == ENODEV)
        return "core scheduling has no effect: the CPUs do not have SMT siblings";
    if (report.error == EINVAL) return "core scheduling requires Linux 5.14 with CONFIG_SCHED_CORE";
    return cat("core scheduling: ", cause_of(report));
}

/// set_mempolicy(2) returns EINVAL for a mode that the kernel is too old for, and for nodes that do
/// not exist.
std::string memory_policy_text(const Plan& plan, const Step& step, const InitReport& report) {
    struct Since {
        std::uint32_t bits;
        std::string_view version;
    };
    constexpr std::uint32_t kFlags = 7U << 13U;
    constexpr std::uint32_t kBalancing = 1U << 13U;
    constexpr auto kNewer = std::array{
        Since{static_cast<std::uint32_t>(oci::MemoryPolicyMode::preferred_many), "5.15"},
        Since{static_cast<std::uint32_t>(oci::MemoryPolicyMode::weighted_interleave), "6.9"},
    };
    std::string text = cat(describe(plan, step), ": ", cause_of(report));
    if (report.error != EINVAL) return text;
    const std::uint32_t mode = step.memory_policy.mode;
    for (const Since& newer : kNewer)
        if (newer.bits == (mode & ~kFlags))
            return cat(text, " (this mode requires Linux ", newer.version, ')');
    return (mode & kBalancing) == 0 ? text : text + " (this flag requires Linux 5.12)";
}

/// Another process has renamed a directory of the image that a mount is on or below.
std::string comparison_text(const Plan& plan, const Step& step, const InitReport& report) {
    if (report.error == EROFS && report.call == __NR_fstatfs) return "the root is not read-only";
    if (report.error != ESTALE) return cat(describe(plan, step), ": ", cause_of(report));
    return cat("the mount point ", quoted(cat('/', detail_of(report))),
               " was replaced while the container was created");
}

/// Before Linux 5.14 nosymfollow is an unknown bit for every call that sets attributes.
bool is_too_new(const Attributes& attributes, const InitReport& report) {
    if (((attributes.set | attributes.recursive_set) & oci::kMountAttrNosymfollow) == 0)
        return false;
    const bool unknown = report.error == EINVAL || report.error == ENOSYS;
    return unknown && (report.call == __NR_fsmount || report.call == __NR_mount_setattr);
}

/// A file is masked with the host's /dev/null.
std::string mask_text(const Plan& plan, const Step& step, const InitReport& report) {
    std::string text = cat(describe(plan, step), ": ");
    if (report.call == __NR_openat) return cat(text, "the host's /dev/null: ", cause_of(report));
    if (report.call == __NR_statx && report.error == EINVAL)
        return text + "the host's /dev/null is not the null device";
    return text + cause_of(report);
}

/// Of this step only the search for HOME opens and reads a file.
std::string prepare_text(const Plan& plan, const Step& step, const InitReport& report) {
    constexpr auto kOfHome =
        std::array<std::uint32_t, 4>{__NR_openat, __NR_openat2, __NR_statx, __NR_read};
    if (std::ranges::find(kOfHome, report.call) == kOfHome.end())
        return cat(describe(plan, step), ": ", cause_of(report));
    return cat("look up HOME of user ", step.prepare.uid, " in /etc/passwd: ", cause_of(report));
}

/// These steps use a procfs (proc.cc of init).
bool has_no_procfs(Kind kind, const InitReport& report) {
    constexpr auto kKinds =
        std::array{Kind::sysctl, Kind::oom_score, Kind::label, Kind::time_offsets};
    const bool refused = report.call == __NR_fsconfig || report.call == __NR_fsmount;
    return refused && report.error == EPERM && std::ranges::find(kKinds, kind) != kKinds.end();
}

std::string sentence_of(const Plan& plan, const Step& step, const InitReport& report) {
    constexpr const char* kTooNew = "nosymfollow requires Linux 5.14";
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
                   log_words(report), meant_option(plan, step.attributes.parameters, report));
    if (step.kind == Kind::mask) return mask_text(plan, step, report);
    if (step.kind == Kind::compare_mounts) return comparison_text(plan, step, report);
    if (step.kind == Kind::landlock) return landlock_text(plan, step, report);
    if (step.kind == Kind::memory_policy) return memory_policy_text(plan, step, report);
    if (step.kind == Kind::core_scheduling) return core_scheduling_text(report);
    if (step.kind == Kind::hook) return hook_text(plan, step, report);
    if (step.kind == Kind::prepare) return prepare_text(plan, step, report);
    if (step.kind == Kind::user) return user_text(plan, step, report);
    if (step.kind == Kind::node) return node_text(plan, step, report);
    std::string text = cat(describe(plan, step), ": ", cause_of(report));
    if (step.kind == Kind::sysctl) text.insert(0, sysctl_name(plan, step));
    if (has_no_procfs(step.kind, report))
        text += " (no new procfs is permitted here, and none is bind-mounted on /proc)";
    return text;
}

}  // namespace

Error failure_sentence(const Plan& plan, const InitReport& report) {
    const auto steps = plan.steps();
    if (report.step >= steps.size())
        return {Error::Kind::protocol, cat("init reported a failure of step ", report.step,
                                           ", but the plan has only ", steps.size(), " steps")};
    const Step& step = steps[report.step];
    Error error =
        Error(kind_of(report), sentence_of(plan, step, report)).at(plan.text(step.origin));
    return described(std::move(error), reason_of(step, report), report);
}

Error hook_failure_sentence(const HookLabel& hook, const InitReport& report) {
    // These two mean that there is an outcome; any other is the call's own failure.
    const bool has_outcome = report.error == EPROTO || report.error == ETIMEDOUT;
    if (report.call != __NR_wait4 || !has_outcome)
        return described(hook_failure(hook, Error(kind_of(report), cause_of(report))), Reason::hook,
                         report);
    return hook_failure(
        hook, outcome_of_report(report.extra, report.error == ETIMEDOUT, detail_of(report)));
}

}  // namespace crux::plan

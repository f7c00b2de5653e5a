#include "runtime/host/survey.h"

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/capability/kernel.h"
#include "runtime/host/cgroup_layout.h"
#include "runtime/host/read.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"
#include "runtime/sys/search.h"

namespace crux::host {

namespace {

// --- files ---

/// The text of a file; empty if it cannot be read, since the host then does not have the facility.
std::string text_of(const std::string& path) {
    auto text = sys::read_file(path);
    return text ? std::move(*text) : std::string();
}

std::vector<std::string> words_of(const std::string& path, char separator) {
    const std::string text = text_of(path);
    std::vector<std::string> words;
    for (const std::string_view word : split(trimmed(text), separator))
        if (!word.empty()) words.emplace_back(word);
    return words;
}

std::optional<long> number_of(const std::string& path) {
    const std::string text = text_of(path);
    return to_number<long>(trimmed(text));
}

bool is_there(const std::string& path, int mode = F_OK) {
    return sys::faccessat(sys::FdRef::cwd(), path, mode, AT_EACCESS).has_value();
}

// --- namespaces ---

constexpr std::array<std::pair<std::string_view, std::uint64_t>, 8> kNamespaces = {{
    {"user", CLONE_NEWUSER},
    {"mnt", CLONE_NEWNS},
    {"pid", CLONE_NEWPID},
    {"net", CLONE_NEWNET},
    {"ipc", CLONE_NEWIPC},
    {"uts", CLONE_NEWUTS},
    {"cgroup", CLONE_NEWCGROUP},
    {"time", CLONE_NEWTIME},
}};

/// Creates the namespaces for a child that exits at once, which also destroys them. Returns errno,
/// or 0.
int try_namespaces(std::uint64_t flags) {
    constexpr int kPatienceMs = 10'000;
    int pidfd = -1;
    struct clone_args arguments = {};
    arguments.flags = flags | CLONE_PIDFD;
    arguments.pidfd = reinterpret_cast<std::uint64_t>(&pidfd);
    arguments.exit_signal = SIGCHLD;
    auto pid = sys::clone3(arguments);
    if (!pid) return pid.error().value;
    if (*pid == 0) ::_exit(0);
    const sys::Pidfd child(pidfd);
    (void)sys::reap(child, kPatienceMs);
    return 0;
}

std::vector<NamespaceTrial> try_all_namespaces(bool privileged) {
    std::vector<NamespaceTrial> trials;
    trials.reserve(kNamespaces.size());
    for (const auto& [name, flag] : kNamespaces)
        trials.push_back({name, try_namespaces(flag | (privileged ? 0 : CLONE_NEWUSER))});
    return trials;
}

// --- programs ---

/// `capability` is the one that the program requires; empty: none.
ProgramFile find(std::string_view path, std::string_view name, std::string_view capability = {}) {
    ProgramFile program;
    auto found = sys::find_program(path, name);
    if (!found) return program;
    auto status = sys::fstatat(sys::FdRef::cwd(), *found);
    const bool as_root = status && status->st_uid == 0 && (status->st_mode & S_ISUID) != 0;
    program.privileged = as_root || capability::file_grants(*found, capability);
    program.path = std::move(*found);
    return program;
}

// --- the kernel ---

bool has_core_scheduling() {
    // Reads this process's own cookie; ENODEV means that the kernel supports core scheduling and
    // the CPU has no SMT siblings (the kernel's core-scheduling.rst).
    constexpr int kSchedCore = 62;
    constexpr unsigned long kGet = 0;
    unsigned long cookie = 0;
    auto answer = sys::prctl(kSchedCore, kGet, 0, 0, reinterpret_cast<unsigned long>(&cookie));
    return answer || answer.error().value == ENODEV;
}

/// A container's cgroup is created next to the caller's own, so the parent must have the
/// controllers. Root of the host can enable them from the top down.
std::vector<std::string> delegated_controllers(const Facts& facts) {
    const CgroupHierarchy* unified = facts.cgroup.unified();
    if (unified == nullptr) return {};
    const std::string& own = unified->own_directory;
    const bool free_hand = facts.uid == 0 && !facts.in_user_namespace;
    if (free_hand || own.empty() || own == unified->mountpoint) return unified->controllers;
    const std::string parent = own.substr(0, own.rfind('/'));
    return words_of(parent + "/cgroup.controllers", ' ');
}

void ask_kernel(Survey& survey) {
    struct ::utsname names = {};
    ::uname(&names);
    survey.release = names.release;
    survey.capabilities = capability::effective();
    survey.bounding = capability::bounding();
    survey.namespaces = try_all_namespaces(capability::holds(survey.capabilities, "CAP_SYS_ADMIN"));
    survey.userns_clone = number_of("/proc/sys/kernel/unprivileged_userns_clone");
    survey.userns_apparmor = number_of("/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
    survey.kernel_controllers = enabled_controllers(text_of("/proc/cgroups"));
    survey.security_modules = words_of("/sys/kernel/security/lsm", ',');
    survey.seccomp_actions = words_of("/proc/sys/kernel/seccomp/actions_avail", ' ');
    survey.core_scheduling = has_core_scheduling();
    survey.memory_policies = is_there("/proc/self/numa_maps");
    survey.resctrl_known = is_there("/sys/fs/resctrl");
    survey.resctrl_mounted =
        text_of("/proc/self/mountinfo").find(" - resctrl ") != std::string::npos;
}

void ask_system(Survey& survey, const Surroundings& surroundings) {
    const std::uint32_t uid = survey.facts.uid;
    survey.user = user_name(text_of("/etc/passwd"), uid);
    survey.subordinate_uids = subordinate_ids(text_of("/etc/subuid"), survey.user, uid);
    survey.subordinate_gids = subordinate_ids(text_of("/etc/subgid"), survey.user, uid);
    survey.newuidmap = find(surroundings.path, "newuidmap", "CAP_SETUID");
    survey.newgidmap = find(surroundings.path, "newgidmap", "CAP_SETGID");
    survey.criu = find(surroundings.path, "criu");
    survey.systemd = is_there("/run/systemd/system");
    const std::string folder = uid == 0 ? "/run" : std::string(surroundings.runtime_folder);
    survey.systemd_manager = survey.systemd && is_there(folder + "/systemd/private", W_OK);
}

}  // namespace

Result<Survey> read_survey(const Surroundings& surroundings) {
    Survey survey;
    survey.facts = TRY(read_facts());
    survey.delegated = delegated_controllers(survey.facts);
    ask_kernel(survey);
    ask_system(survey, surroundings);
    return survey;
}

}  // namespace crux::host

#include "runtime/launch/id_maps.h"

#include <linux/sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>

#include "runtime/base/text.h"
#include "runtime/hooks/run.h"
#include "runtime/sys/file.h"
#include "runtime/sys/namespace.h"
#include "runtime/sys/process.h"
#include "runtime/sys/search.h"

namespace crux::launch {

namespace {

/// One of the two ID mappings of a process.
struct MapFile {
    const char* name;     ///< in /proc/PID
    const char* words;    ///< "user", "group"
    const char* origin;   ///< in config.json
    const char* program;  ///< writes it for an unprivileged user
    const char* ranges;   ///< the file with the IDs that the program allows
};

constexpr MapFile kUsers = {"uid_map", "user", "/linux/uidMappings", "newuidmap", "/etc/subuid"};
constexpr MapFile kGroups = {"gid_map", "group", "/linux/gidMappings", "newgidmap", "/etc/subgid"};

/// Finds a program in the caller's PATH, or in the usual directories if PATH is not set.
std::optional<std::string> find_program(const char* name) {
    const char* given = std::getenv("PATH");
    const bool is_given = given != nullptr && *given != '\0';
    return sys::find_program(is_given ? given : "/usr/local/bin:/usr/bin:/bin", name);
}

std::unexpected<Error> refused(const MapFile& file, std::string_view why) {
    return std::unexpected(
        Error(Error::Kind::os, cat("write the ", file.words, " ID mapping: ", why))
            .at(file.origin));
}

/// Why a helper failed: its own error message, or else its outcome.
std::string end_of(const ProgramOutcome& outcome) {
    const std::string_view message = trimmed(outcome.error_output);
    return message.empty() ? outcome_words(outcome) : std::string(message);
}

oci::Hook call_of(const MapFile& file, const std::string& program, pid_t pid,
                  std::string_view map) {
    constexpr std::int64_t kSeconds = 10;
    oci::Hook call{
        .path = program, .args = {file.program, cat(pid)}, .env = {}, .timeout = kSeconds};
    for (std::string& number : map_arguments(map)) call.args.push_back(std::move(number));
    return call;
}

Status map_by_program(const MapFile& file, pid_t pid, std::string_view map) {
    const std::optional<std::string> program = find_program(file.program);
    if (!program)
        return refused(file, cat(file.program,
                                 " is not in PATH (Debian package: uidmap); without "
                                 "it an unprivileged user can map only its own ID"));
    const ProgramOutcome outcome =
        TRY(hooks::run(call_of(file, *program, pid, map), {.state = {}, .directory = "/"})
                .during(*program)
                .at(file.origin));
    if (outcome.succeeded()) return {};
    return refused(file, cat(*program, " (allowed IDs: ", file.ranges, "): ", end_of(outcome)));
}

/// Keeps a user namespace alive until this process, or its parent, is killed.
[[noreturn]] void hold_namespace(pid_t parent) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    // lint: allow wait: the parent kills it, and so does the parent's death.
    for (;;) ::pause();
}

Status write_map(const MapFile& file, pid_t pid, const std::string& map) {
    auto written = sys::write_file(cat("/proc/", pid, '/', file.name), map);
    if (!written && written.error().value == EPERM && ::geteuid() != 0)
        return map_by_program(file, pid, map);
    return std::move(written).during(cat("write the ", file.words, " ID mapping")).at(file.origin);
}

}  // namespace

bool is_single_id(std::string_view map, unsigned own) {
    const std::vector<std::string_view> lines = split(trimmed(map), '\n');
    if (lines.size() != 1) return false;
    const std::vector<std::string_view> numbers = split(lines[0], ' ');
    return numbers.size() == 3 && to_number<unsigned>(numbers[1]) == own && numbers[2] == "1";
}

std::vector<std::string> map_arguments(std::string_view map) {
    std::vector<std::string> numbers;
    for (const std::string_view line : split(map, '\n'))
        for (const std::string_view number : split(line, ' '))
            if (!number.empty()) numbers.emplace_back(number);
    return numbers;
}

Status write_id_maps(pid_t pid, const std::string& uid_map, const std::string& gid_map) {
    TRY(write_map(kUsers, pid, uid_map));
    if (::geteuid() != 0 && is_single_id(gid_map, ::getegid()))
        TRY(sys::write_file(cat("/proc/", pid, "/setgroups"), "deny")
                .during("deny setgroups")
                .at(kGroups.origin));
    return write_map(kGroups, pid, gid_map);
}

Result<sys::Fd> user_namespace_with(const std::string& uid_map, const std::string& gid_map,
                                    const std::string& origin) {
    struct clone_args arguments = {};
    arguments.flags = CLONE_NEWUSER;
    arguments.exit_signal = SIGCHLD;
    const pid_t parent = ::getpid();
    const pid_t pid = TRY(sys::clone3(arguments).during("create a user namespace").at(origin));
    if (pid == 0) hold_namespace(parent);
    Status mapped = write_id_maps(pid, uid_map, gid_map);
    auto opened = sys::open_namespace(pid, "user");
    // One that cannot be killed ends with us.
    const bool is_killed = sys::kill(pid, SIGKILL).has_value();
    // lint: allow wait: it was killed.
    while (is_killed && ::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    TRY(std::move(mapped).at(origin));
    sys::NamespaceFd made = TRY(std::move(opened).during("open the user namespace").at(origin));
    return sys::Fd(std::move(made).release());
}

}  // namespace crux::launch

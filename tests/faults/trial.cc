#include "tests/faults/trial.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iostream>

#include "tests/faults/errors.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/facts.h"

namespace crux::test {

namespace {

const std::vector<Command> kCommands = {
    {.name = "create",
     .state = "",
     .after_success = {"created"},
     .after_failure = {""},
     .makes = true},
    {.name = "run",
     .before_id = {"--detach"},
     .state = "",
     .after_success = {"running"},
     .after_failure = {""},
     .makes = true},
    {.name = "restore",
     .before_id = {"--detach"},
     .state = "checkpointed",
     .after_success = {"running"},
     .after_failure = {""},
     .makes = true},
    // A failed step of init ends the container; what fails behind it ends nothing.
    {.name = "start",
     .state = "created",
     .after_success = {"running"},
     .after_failure = {"created", "running", ""},
     .has_init = true},
    {.name = "exec",
     .before_id = {"--detach"},
     .after_id = {"/bin/sleep", "1000"},
     .state = "running",
     .after_success = {"running"},
     .after_failure = {"running"}},
    {.name = "kill",
     .after_id = {"KILL"},
     .state = "running",
     .after_success = {"stopped"},
     .after_failure = {"running", "stopped"}},
    {.name = "update",
     .before_id = {"--pids-limit", "30", "--memory", "64M", "--cpu-share", "300"},
     .state = "running",
     .after_success = {"running"},
     .after_failure = {"running"}},
    {.name = "pause",
     .state = "running",
     .after_success = {"paused"},
     .after_failure = {"running"}},
    {.name = "resume",
     .state = "paused",
     .after_success = {"running"},
     .after_failure = {"paused", "running"}},
    {.name = "checkpoint", .state = "running", .after_success = {""}, .after_failure = {"running"}},
    {.name = "delete", .state = "stopped", .after_success = {""}, .after_failure = {"stopped", ""}},
    {.name = "delete --force",
     .state = "running",
     .after_success = {""},
     .after_failure = {"running", "stopped", ""}},
    {.name = "state",
     .state = "running",
     .after_success = {"running"},
     .after_failure = {"running"}},
};

/// The C library's and the allocator's: crux ends without them, which it cannot report.
bool is_of_memory(const Call& call) {
    static const std::vector<std::string> names = {"brk", "mmap", "mprotect", "munmap"};
    return std::ranges::find(names, call.name) != names.end();
}

void require_row(const Call& call) {
    INFO(call.name << " has no row in errors.cc");
    CHECK(errors_of(call.name) != nullptr);
}

/// A list of what can happen at this call.
std::vector<std::string> faults_of(const Call& call, const Choice& choice) {
    if (choice.kills) return {"kill"};
    const CallErrors* row = errors_of(call.name);
    std::vector<std::string> faults;
    if (row != nullptr)
        for (const char* error : row->errors) {
            // These two are over when the call is repeated.
            const bool is_short = error == std::string("EINTR") || error == std::string("EAGAIN");
            // The peer lives here, and crux waits ten seconds for its end.
            const bool is_long =
                call.name == "sendmsg" && call.role == "crux" &&
                (error == std::string("EPIPE") || error == std::string("ECONNRESET"));
            if ((!call.lasts || !is_short) && (choice.every_error || !is_long))
                faults.push_back(std::string("error=") + error);
        }
    return faults;
}

}  // namespace

const Command& command_named(const std::string& name) {
    const auto found = std::ranges::find_if(
        kCommands, [&](const Command& command) { return name == command.name; });
    if (found == kCommands.end()) throw std::runtime_error("no command " + name);
    return *found;
}

Trial::Trial(Victim& victim, const Command& command) : victim_(victim), command_(command) {
    if (std::string(command.name) == "exec") looked_at_ = victim.bundle().path() + "/exec-pid";
    learn();
}

std::vector<std::string> Trial::words() const {
    const std::string name = command_.name;
    std::vector<std::string> more = command_.before_id;
    if (name == "create" || name == "run") return victim_.words(name, more);
    std::vector<std::string> all;
    if (name == "checkpoint" || name == "restore")
        all = {name, "--image-path", victim_.images(), "--work-path", victim_.images() + "-work"};
    else
        all = {name.substr(0, name.find(' '))};
    if (name == "restore") all.insert(all.end(), {"--bundle", victim_.bundle().path()});
    if (name == "delete --force") all.emplace_back("--force");
    if (!looked_at_.empty()) all.insert(all.end(), {"--pid-file", looked_at_});
    all.insert(all.end(), more.begin(), more.end());
    all.push_back(victim_.container().id());
    all.insert(all.end(), command_.after_id.begin(), command_.after_id.end());
    return victim_.container().words(all);
}

void Trial::bring_to_state() {
    if (!looked_at_.empty()) std::filesystem::remove(looked_at_);
    Container& container = victim_.container();
    const std::string& state = command_.state;
    if (state.empty() || state == "checkpointed") return;
    must(run(victim_.words("create")));
    if (state == "created") return;
    must(container.start());
    REQUIRE(victim_.program_runs(container.state().at("pid")));
    if (state == "paused") must(container.pause());
    if (state != "stopped") return;
    must(container.kill("KILL"));
    check_state({"stopped"});
}

pid_t Trial::init() const {
    const Outcome outcome = victim_.container().crux({"state", victim_.container().id()});
    return outcome.ok() ? nlohmann::json::parse(outcome.out).at("pid").get<pid_t>() : 0;
}

pid_t Trial::process_to_look_at() const {
    if (looked_at_.empty()) return init();
    return std::filesystem::exists(looked_at_) ? std::stoi(read_file(looked_at_)) : 0;
}

pid_t Trial::waiting_init() const {
    return command_.has_init ? init() : 0;
}

void Trial::learn() {
    if (command_.state == "checkpointed") victim_.make_images();
    bring_to_state();
    if (const pid_t pid = init(); pid != 0) before_ = confinement_of(pid);
    calls_ = all_calls_of(words(), waiting_init());
    check_state(command_.after_success);
    if (const pid_t pid = process_to_look_at(); pid != 0) {
        REQUIRE(victim_.program_runs(pid, command_.after_success.front() == "created"));
        expected_ = confinement_of(pid);
    }
    victim_.check_nothing(victim_.left_after_delete(), "without a fault");
    points = calls_.size();
    CHECK(points > 20);
}

void Trial::check_state(const std::vector<std::string>& allowed) {
    std::string status;
    // A killed process is gone only after it has closed its files.
    const bool is_allowed = eventually([&] {
        reap_orphans();
        status = victim_.container().status();
        return std::ranges::find(allowed, status) != allowed.end();
    });
    INFO("the container is \"" << status << "\"");
    CHECK(is_allowed);
}

namespace {

/// What crux does not find out it takes for the safer case: /proc/kcore is masked, and has its link
/// in /dev, unless it is known to be missing.
bool has_safe_default(const Call& call) {
    return call.text == "/proc/kcore";
}

/// With this error the kernel says that the cgroup was removed, and then nothing in it is frozen.
bool says_gone(const Call& call, const std::string& fault) {
    return call.text == "THAWED" && fault == "error=ENODEV";
}

}  // namespace

void Trial::check_success(const Call& call, const std::string& fault, const Outcome& outcome) {
    // The same as a signal that comes when the command has ended.
    if (fault == "kill" && call.role != "crux") return;
    if (says_gone(call, fault)) return;
    check_state(command_.after_success);
    if (expected_.empty()) return;
    // Errors of exec itself are the program's, and on its standard error; a warning says what the
    // container does not have.
    const bool is_exec = command_.name == std::string("exec");
    if (has_safe_default(call) || (is_exec && !outcome.err.empty()) ||
        !read_file(victim_.log()).empty())
        return;
    std::string differs;
    const bool is_as_expected = eventually([&] {
        reap_orphans();
        const pid_t pid = process_to_look_at();
        differs = pid == 0 ? "no process" : difference(expected_, confinement_of(pid));
        return differs.empty();
    });
    if (is_as_expected) return;
    INFO("reports success");
    CHECK(differs == "");
}

void Trial::check_unchanged() {
    if (before_.empty() || victim_.container().status() != command_.state) return;
    std::string differs;
    (void)eventually([&] {
        reap_orphans();
        const pid_t pid = init();
        differs = pid == 0 ? "no process" : difference(before_, confinement_of(pid));
        return differs.empty();
    });
    INFO("half a " << command_.name);
    CHECK(differs == "");
}

namespace {

/// Whether the sentence rightly says something else than this error.
bool hides_cause(const Call& call, const std::string& error, const Outcome& outcome) {
    // An init that fails at the barrier has no one to tell it to yet.
    if (call.role == "init" && outcome.err.find("process is already dead") != std::string::npos)
        return true;
    // These two say that init has ended.
    if (call.name == "sendmsg" && (error == "EPIPE" || error == "ECONNRESET")) return true;
    // A listener without a free place in its queue is waited for.
    if (call.name == "connect" && error == "EAGAIN") return true;
    // The hook has no stream yet on which it could say it.
    if ((call.name == "dup2" || call.name == "dup3") && call.role == "child") return true;
    // A directory that was removed has no path: the kernel says this of one outside the root too.
    if (call.name == "getcwd" && error == "ENOENT") return true;
    // A mount that cannot be found in any way counts as replaced.
    return call.name == "statx" && call.lasts;
}

}  // namespace

void check_error(const Call& call, const std::string& error, const Outcome& outcome) {
    const bool may_abort = is_of_memory(call) && call.role == "crux";
    if (outcome.signal != 0) {
        CHECK(may_abort);
        return;
    }
    CHECK(outcome.status > 0);
    if (may_abort) return;
    // Nothing can be written any more, not even the error.
    if (call.lasts && call.name == "write") return;
    // CRIU writes to the same standard error before it has its log, and when its socket is closed.
    const auto lines = lines_of(outcome.err);
    CHECK(std::ranges::count_if(lines, [](const std::string& line) {
              return !line.starts_with("Error (criu/");
          }) == 1);
    if (!hides_cause(call, error, outcome))
        CHECK_THAT(outcome.err, Catch::Contains(errno_text(error)));
    CHECK(std::ranges::count(outcome.err, ':') >= 1);
}

void Trial::check_failure(const Call& call, const std::string& fault, const Outcome& outcome) {
    ++failures;
    if (fault != "kill")
        check_error(call, fault.substr(std::string("error=").size()), outcome);
    else if (outcome.signal != 0)
        CHECK(call.role == "crux");
    else
        CHECK(lines_of(outcome.err).size() == 1);
    // A failure of the removal itself leaves what delete removes.
    const bool is_removal = call.lasts || call.name == "unlinkat" || call.name == "umount2";
    if (outcome.signal != 0) return;
    // An init that was killed is found dead.
    std::vector<std::string> allowed = command_.after_failure;
    if (fault == "kill") allowed.emplace_back("stopped");
    check_state(allowed);
    check_unchanged();
    if (command_.makes && !is_removal) victim_.check_nothing(victim_.left_at_once(), "at once");
}

void Trial::try_fault(const Call& call, const std::string& fault) {
    bring_to_state();
    write_file(victim_.log(), "");
    const Outcome outcome = run(tampered(words(), fault, call, waiting_init()));
    ++runs;
    const std::string when = std::string(command_.name) + ": " + fault + " at " + call.describe();
    INFO(when << "\n" << outcome.describe());
    REQUIRE_FALSE(outcome.timed_out);
    if (!outcome.ok())
        check_failure(call, fault, outcome);
    else
        check_success(call, fault, outcome);
    if (thorough())
        std::cout << (outcome.ok() ? "went on: " : "failed: ") << when << ": "
                  << outcome.err.substr(0, outcome.err.find('\n')) << "\n";
    victim_.check_nothing(victim_.left_after_delete(), when);
}

Outcome Trial::run_behind(const std::vector<std::string>& prefix) {
    bring_to_state();
    std::vector<std::string> all = prefix;
    const std::vector<std::string> own = words();
    all.insert(all.end(), own.begin(), own.end());
    const Outcome outcome = run(all);
    ++runs;
    INFO(command_.name << ": " << outcome.describe());
    REQUIRE_FALSE(outcome.timed_out);
    CHECK(outcome.signal == 0);
    if (outcome.ok()) {
        check_state(command_.after_success);
    } else {
        ++failures;
        CHECK(lines_of(outcome.err).size() == 1);
        check_state(command_.after_failure);
    }
    victim_.check_nothing(victim_.left_after_delete(), command_.name);
    return outcome;
}

void Trial::run_all(const Choice& choice) {
    std::size_t turn = 0;
    std::size_t own = 0;
    std::size_t others = 0;
    for (const Call& each : calls_) {
        // Also of those that the stride leaves out; a child's are the C library's.
        if (each.role != "child") require_row(each);
        const bool is_own = each.role == "crux";
        std::size_t& met = is_own ? own : others;
        if (met++ % (is_own ? choice.stride : choice.init_stride) != 0) continue;
        Call call = each;
        call.lasts = choice.lasts;
        const std::vector<std::string> faults = faults_of(call, choice);
        if (faults.empty()) continue;
        const std::size_t count = choice.every_error ? faults.size() : 1;
        for (std::size_t k = 0; k < count; ++k) try_fault(call, faults[(turn + k) % faults.size()]);
        ++turn;
    }
    CHECK(failures > 0);
}

void report(const std::string& name, const Trial& trial, const Choice& choice) {
    std::cout << name << ": " << trial.points << " system calls, " << trial.runs
              << (choice.kills ? " kills, " : " errors, ") << trial.failures << " failures\n";
}

}  // namespace crux::test

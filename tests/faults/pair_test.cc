// Two commands at once on one container: each pair ends as if one had come after the other. What
// the two orders lead to is not written down here: both are carried out first, one command after
// the other, and the results of the rounds are compared with these.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "tests/faults/calls.h"
#include "tests/faults/victim.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

using Clock = std::chrono::steady_clock;

struct Command {
    const char* name;
    std::vector<std::string> before_id;
    std::vector<std::string> after_id;
};

const std::vector<Command>& commands() {
    static const std::vector<Command> all = {
        {"start", {"start"}, {}},
        {"pause", {"pause"}, {}},
        {"resume", {"resume"}, {}},
        {"kill", {"kill"}, {"KILL"}},
        {"delete", {"delete"}, {}},
        {"delete --force", {"delete", "--force"}, {}},
        {"update", {"update", "--pids-limit", "100"}, {}},
        {"exec", {"exec", "--detach"}, {"/bin/true"}},
        {"state", {"state"}, {}},
    };
    return all;
}

struct Pair {
    const Command& first;
    const Command& second;
    bool started;  ///< the container runs before

    [[nodiscard]] bool has(const std::string& name) const {
        return name == first.name || name == second.name;
    }
    [[nodiscard]] std::string describe() const {
        return std::string(first.name) + " beside " + second.name +
               (started ? ", running" : ", created");
    }
};

/// Every pair, those of delete both with a running container and with one that is only created.
std::vector<Pair> pairs() {
    std::vector<Pair> all;
    for (auto first = commands().begin(); first != commands().end(); ++first)
        for (auto second = first; second != commands().end(); ++second) {
            const Pair pair{*first, *second, false};
            const bool starts = pair.has("start");
            if (starts || pair.has("delete")) all.push_back(pair);
            if (!starts) all.push_back({*first, *second, true});
        }
    return all;
}

/// How both ended, and what the container is then.
struct End {
    std::string first;
    std::string second;
    std::string status;
    auto operator<=>(const End&) const = default;
    [[nodiscard]] std::string describe() const {
        return "[" + first + " | " + second + " | " + status + "]";
    }
};

/// A command's end in words that do not depend on the moment at which it saw the other's work: a
/// container that is being removed has stopped, or does not exist any more.
std::string words_of(const Command& command, const Outcome& outcome) {
    if (outcome.timed_out) return "timed out";
    const std::string name = command.name;
    // What it saw is checked separately.
    if (name == "state") return "looked";
    if (outcome.ok()) return outcome.err.empty() ? "done" : "done: " + outcome.err;
    // Init sees the other's work at any moment of its setup.
    if (name == "exec") return "refused";
    for (const char* gone : {"container does not exist", "container not running", "already dead",
                             "that has stopped", "container not paused"})
        if (outcome.err.find(gone) != std::string::npos) return "refused";
    for (const char* state : {"already running", "in the paused state", "that is not stopped"})
        if (outcome.err.find(state) != std::string::npos) return "refused";
    return outcome.describe();
}

/// Waits for these commands. What exec started becomes our child when exec ends, and init ends only
/// when it has been reaped, for which delete waits.
void wait_and_reap(const std::vector<const Process*>& processes) {
    const auto running = [&](const Process* process) { return !process->ended(); };
    while (std::ranges::any_of(processes, running)) {
        for (const pid_t child : children_of(getpid())) {
            const auto ours = [&](const Process* process) { return process->pid() == child; };
            if (std::ranges::none_of(processes, ours)) waitpid(child, nullptr, WNOHANG);
        }
        std::this_thread::sleep_for(1ms);
    }
}

Outcome run_and_reap(const std::vector<std::string>& words) {
    Process process(words);
    wait_and_reap({&process});
    return process.wait();
}

class Rounds {
 public:
    Rounds() {
        // Failures are read on standard error.
        victim_.container().global_options = bare_errors();
    }

    /// One command after the other, in both orders.
    void learn(const Pair& pair) {
        for (const bool second_first : {false, true}) {
            begin(pair);
            const Command& one = second_first ? pair.second : pair.first;
            const Command& other = second_first ? pair.first : pair.second;
            const Outcome before = run_and_reap(words(one));
            settle(one, before);
            const Outcome after = run_and_reap(words(other));
            const End end =
                second_first ? end_of(pair, after, before) : end_of(pair, before, after);
            orders_[pair.describe()].insert(end);
            INFO(pair.describe() << ": " << end.describe());
            clean();
        }
        // A signal that has been sent takes effect later, so a second one can be sent as well.
        if (&pair.first == &pair.second && std::string(pair.first.name) == "kill")
            orders_[pair.describe()].insert({"done", "done", "stopped"});
    }

    /// Both at once.
    void meet(const Pair& pair) {
        begin(pair);
        const bool second_first = random_() % 2 == 0;
        Process one(words(second_first ? pair.second : pair.first));
        constexpr unsigned kWindow = 3000;  // µs
        std::this_thread::sleep_for(std::chrono::microseconds(random_() % kWindow));
        Process other(words(second_first ? pair.first : pair.second));
        wait_and_reap({&one, &other});
        Outcome before = one.wait();
        Outcome after = other.wait();
        if (second_first) std::swap(before, after);
        const End end = end_of(pair, before, after);
        ++rounds;
        const std::set<End>& orders = orders_[pair.describe()];
        std::string expected;
        for (const End& order : orders) expected += order.describe();
        INFO(pair.describe() << ": " << end.describe() << "\n"
                             << before.describe() << after.describe()
                             << "one after the other: " << expected);
        CHECK(orders.contains(end));
        // No command waits for another for long.
        constexpr auto kMost = 5s;
        CHECK(before.elapsed < kMost * slowdown());
        CHECK(after.elapsed < kMost * slowdown());
        check_state(pair.first, before);
        check_state(pair.second, after);
        clean();
        if (rounds % 50 == 0) victim_.check_nothing(victim_.left_after_delete(), pair.describe());
    }

    void finish() { victim_.check_nothing(victim_.left_after_delete(), "all pairs"); }

    int rounds = 0;

 private:
    std::vector<std::string> words(const Command& command) {
        std::vector<std::string> all = command.before_id;
        all.push_back(victim_.container().id());
        all.insert(all.end(), command.after_id.begin(), command.after_id.end());
        return victim_.container().words(all);
    }

    void begin(const Pair& pair) {
        must(run(victim_.words("create")));
        if (pair.started) must(victim_.container().start());
        if (pair.has("resume")) must(victim_.container().pause());
    }

    /// A signal takes effect a moment after kill has sent it.
    void settle(const Command& command, const Outcome& outcome) {
        if (std::string(command.name) != "kill" || !outcome.ok()) return;
        CHECK(eventually([&] {
            reap_orphans();
            const std::string status = victim_.container().status();
            return status == "stopped" || status.empty();
        }));
    }

    End end_of(const Pair& pair, const Outcome& first, const Outcome& second) {
        settle(pair.first, first);
        settle(pair.second, second);
        return {words_of(pair.first, first), words_of(pair.second, second),
                victim_.container().status()};
    }

    /// State sees the container or nothing, and has no error of its own.
    static void check_state(const Command& command, const Outcome& outcome) {
        if (std::string(command.name) != "state" || outcome.ok()) return;
        CHECK(outcome.err == "container does not exist\n");
    }

    void clean() {
        must(run_and_reap(
            victim_.container().words({"delete", "--force", victim_.container().id()})));
        reap_orphans();
    }

    Victim victim_;
    std::mt19937 random_{std::random_device{}()};
    std::map<std::string, std::set<End>> orders_;
};

TEST_CASE("two commands at once on one container end as one after the other would") {
    need_root();
    need_controller("freezer");
    need_controller("pids");
    const auto begin = Clock::now();
    Rounds rounds;
    for (const Pair& pair : pairs()) rounds.learn(pair);
    constexpr int kThorough = 100;
    constexpr int kUsual = 4;
    // On a busy machine not every pair meets as often.
    const auto end = begin + 30s * slowdown();
    for (int round = 0; round < (thorough() ? kThorough : kUsual); ++round) {
        if (!thorough() && round > 0 && Clock::now() > end) break;
        for (const Pair& pair : pairs()) rounds.meet(pair);
    }
    rounds.finish();
    std::cout << rounds.rounds << " rounds of " << pairs().size() << " pairs\n";
}

TEST_CASE("a start that fails after the barrier destroys no container") {
    need_root();
    need_tracing();
    Victim victim;
    const auto start = victim.container().words({"start", victim.container().id()});
    must(run(victim.words("create")));
    const std::vector<Call> calls = calls_of(start);
    must(victim.container().remove({"--force"}));
    int failed = 0;
    for (const Call& call : calls) {
        // Memory and the end of the program are not start's work.
        if (call.name == "mmap" || call.name == "brk" || call.name == "execve" ||
            call.name == "munmap" || call.name == "mprotect" || call.name == "arch_prctl")
            continue;
        must(run(victim.words("create")));
        const Outcome outcome = run(tampered(start, "error=EMFILE", call));
        INFO(call.describe() << "\n" << outcome.describe());
        CHECK_FALSE(outcome.timed_out);
        if (!outcome.ok()) ++failed;
        // Nothing that start itself cannot do is the container's fault.
        const std::string status = victim.container().status();
        CHECK((status == "created" || status == "running"));
        victim.check_nothing(victim.left_after_delete(), call.describe());
    }
    std::cout << "start fails at " << failed << " of " << calls.size() << " system calls\n";
    CHECK(failed > 3);
}

TEST_CASE("a pause that fails leaves no frozen container") {
    need_root();
    need_tracing();
    need_controller("freezer");
    Victim victim;
    const auto pause = victim.container().words({"pause", victim.container().id()});
    must(run(victim.words("create")));
    must(victim.container().start());
    const std::vector<Call> calls = calls_of(pause);
    must(victim.container().resume());
    int failed = 0;
    for (const Call& call : calls) {
        if (call.name != "openat" && call.name != "read" && call.name != "write") continue;
        const Outcome outcome = run(tampered(pause, "error=EMFILE", call));
        INFO(call.describe() << "\n" << outcome.describe());
        if (outcome.ok()) {
            must(victim.container().resume());
        } else {
            ++failed;
            CHECK(victim.container().status() == "running");
        }
    }
    std::cout << "pause fails at " << failed << " system calls\n";
    CHECK(failed > 5);
    victim.check_nothing(victim.left_after_delete(), "pause fails");
}

}  // namespace
}  // namespace crux::test

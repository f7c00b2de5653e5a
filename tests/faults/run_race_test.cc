// run beside another command on the same id: each ends as if one had come after the other.

#include <csignal>
#include <iostream>
#include <map>
#include <random>
#include <thread>

#include "tests/faults/victim.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

constexpr const char* kMissing = "container does not exist";

/// A command beside run, and how the two may end.
struct Rival {
    const char* name;
    std::vector<std::string> command;  ///< in front of the id
    /// Whether the rival's end is one that it has before run or after it.
    bool (*fits)(const Outcome& rival);
    /// Whether run's end is one that it has with this end of the rival.
    bool (*run_fits)(const Outcome& run, const Outcome& rival);
};

bool says(const Outcome& outcome, const std::string& text) {
    return outcome.status == 1 && outcome.err.find(text) != std::string::npos;
}

const std::vector<Rival>& rivals() {
    static const std::vector<Rival> all = {
        {"start",
         {"start"},
         [](const Outcome& start) {
             return says(start, kMissing) ||
                    says(start, "cannot start an already running container") ||
                    says(start, "cannot start a container that has stopped");
         },
         [](const Outcome& run, const Outcome&) { return run.status == 0 && run.err.empty(); }},
        {"kill",
         {"kill"},
         [](const Outcome& kill) {
             return kill.ok() || says(kill, kMissing) || says(kill, "container not running");
         },
         [](const Outcome& run, const Outcome& kill) {
             // Killed while it ran, or not.
             const bool killed = run.status == 128 + SIGKILL;
             return run.err.empty() && (run.status == 0 || (killed && kill.ok()));
         }},
        {"delete --force",
         {"delete", "--force"},
         [](const Outcome& removed) { return removed.ok() && removed.err.empty(); },
         [](const Outcome& run, const Outcome&) {
             return run.err.empty() && (run.status == 0 || run.status == 128 + SIGKILL);
         }},
    };
    return all;
}

TEST_CASE("run beside start, kill and delete ends as one after the other would") {
    need_root();
    Victim victim;
    std::mt19937 random(std::random_device{}());
    victim.bundle().args({"/bin/sleep", "0.004"}).write();
    constexpr int kRounds = 1000;
    std::map<std::string, int> seen;
    for (int round = 0; round < kRounds; ++round) {
        const Rival& rival = rivals()[static_cast<std::size_t>(round) % rivals().size()];
        Process run(victim.words("run"));
        constexpr int kWindow = 16'000;  // µs
        std::this_thread::sleep_for(
            std::chrono::microseconds(random() % static_cast<unsigned>(kWindow * slowdown())));
        std::vector<std::string> words = rival.command;
        words.push_back(victim.container().id());
        if (words.front() == "kill") words.emplace_back("KILL");
        const Outcome other = victim.container().crux(words);
        const Outcome ran = run.wait();
        INFO(rival.name << " in round " << round << "\n" << ran.describe() << other.describe());
        CHECK_FALSE(ran.timed_out);
        CHECK(rival.fits(other));
        CHECK(rival.run_fits(ran, other));
        ++seen[std::string(rival.name) + (other.ok() ? " done" : " refused")];
        // Each of the two has removed the container.
        if (round % 50 == 0) victim.check_nothing(victim.left_at_once(), rival.name);
    }
    victim.check_nothing(victim.left_after_delete(), "the rounds");
    for (const auto& [what, count] : seen) std::cout << count << " times " << what << "\n";
    // The window is where the two meet, and not before or behind it.
    CHECK(seen["kill done"] > 0);
    CHECK(seen["kill refused"] > 0);
}

}  // namespace
}  // namespace crux::test

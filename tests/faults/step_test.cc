// Every step of the plan fails, ends init, or kills crux: the result is an error message, and
// nothing is left behind.

#include <sys/wait.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/faults/victim.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

/// One line of text, not only numbers, that ends like an error of crux.
void check_sentence(const Outcome& outcome, const std::string& part) {
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.err, Catch::Contains(part));
    CHECK(lines_of(outcome.err).size() == 1);
}

int steps_of(const Victim& victim, Bundle& bundle) {
    const Outcome plan = run({crux_program(), "explain", "--format", "json", "-b", bundle.path()});
    INFO(plan.describe());
    REQUIRE(plan.ok());
    (void)victim;
    return static_cast<int>(nlohmann::json::parse(plan.out).at("steps").size());
}

/// Fails each step of create until create succeeds anyway: the following steps belong to start.
/// Returns the number of the first of these.
int break_create(Victim& victim, const std::string& action, int steps) {
    for (int step = 0; step < steps; ++step) {
        const std::string when = action + " at step " + std::to_string(step);
        INFO(when);
        const BrokenAt fault(step, action);
        Process process(victim.words("create"));
        const Outcome outcome = process.wait();
        REQUIRE_FALSE(outcome.timed_out);
        if (outcome.ok()) {
            victim.check_nothing(victim.left_after_delete(), when);
            return step;
        }
        if (action == "fail") check_sentence(outcome, "input/output error");
        if (action == "die") check_sentence(outcome, "container init exited with status 1");
        if (action == "kill_parent")
            CHECK(outcome.signal == SIGKILL);
        else
            victim.check_nothing(victim.left_at_once(), when + ", at once");
        victim.check_nothing(victim.left_after_delete(), when);
    }
    return steps;
}

/// Steps after the barrier fail start, or end the container.
void break_start(Victim& victim, const std::string& action, int first, int steps) {
    for (int step = first; step < steps; ++step) {
        const std::string when = action + " at step " + std::to_string(step) + " of start";
        INFO(when);
        const BrokenAt fault(step, action);
        Process process(victim.words("create"));
        const Outcome created = process.wait();
        REQUIRE_FALSE(created.timed_out);
        CHECK(created.ok());
        const Outcome started = victim.container().start();
        REQUIRE_FALSE(started.timed_out);
        if (!started.ok()) CHECK(lines_of(started.err).size() == 1);
        victim.check_nothing(victim.left_after_delete(), when);
    }
}

TEST_CASE("a step that fails or ends init is one error and leaves nothing") {
    need_root();
    for (const Scene& scene : scenes()) {
        INFO(scene.name);
        Victim victim(scene);
        const int steps = steps_of(victim, victim.bundle());
        for (const char* action : {"fail", "die"}) {
            const int behind = break_create(victim, action, steps);
            CHECK(behind < steps);
            CHECK(behind > steps / 2);
            break_start(victim, action, behind, steps);
        }
    }
}

TEST_CASE("crux killed at any step of the plan leaves what delete by force removes") {
    need_root();
    for (const Scene& scene : scenes()) {
        INFO(scene.name);
        Victim victim(scene);
        break_create(victim, "kill_parent", steps_of(victim, victim.bundle()));
    }
}

}  // namespace
}  // namespace crux::test

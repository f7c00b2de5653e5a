// Concurrent operations on one container: one succeeds, the others report an error, and list and
// state are always correct.

#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "tests/faults/victim.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

using Commands = std::vector<std::unique_ptr<Process>>;

std::vector<Outcome> ends_of(Commands& commands) {
    std::vector<Outcome> outcomes;
    for (auto& command : commands) outcomes.push_back(command->wait());
    return outcomes;
}

int rounds(int usual) {
    return thorough() ? usual * 10 : usual;
}

TEST_CASE("of several creates of one id exactly one wins") {
    need_root();
    Victim victim;
    for (int round = 0; round < rounds(5); ++round) {
        constexpr int kCreates = 6;
        Commands creates;
        for (int i = 0; i < kCreates; ++i)
            creates.push_back(std::make_unique<Process>(victim.words("create")));
        int won = 0;
        for (const Outcome& outcome : ends_of(creates)) {
            INFO(outcome.describe());
            CHECK_FALSE(outcome.timed_out);
            if (outcome.ok())
                ++won;
            else
                CHECK_THAT(outcome.err, Catch::Contains("container with given ID already exists"));
        }
        CHECK(won == 1);
        CHECK(victim.container().status() == "created");
        victim.check_nothing(victim.left_after_delete(), "creates at once");
    }
}

TEST_CASE("delete by force while create runs is in time or too late, never half") {
    need_root();
    Victim victim;
    std::mt19937 random(std::random_device{}());
    for (int round = 0; round < rounds(40); ++round) {
        Process create(victim.words("create"));
        constexpr int kWindow = 10'000;  // µs
        std::this_thread::sleep_for(std::chrono::microseconds(random() % kWindow));
        const Outcome removed = victim.container().remove({"--force"});
        const Outcome created = create.wait();
        INFO(created.describe() << removed.describe());
        CHECK(removed.ok());
        CHECK(removed.err.empty());
        CHECK_FALSE(created.timed_out);
        if (!created.ok()) CHECK(lines_of(created.err).size() == 1);
        // Either the signal came too early and the container is complete, or nothing of it exists.
        const std::string status = victim.container().status();
        CHECK((status == "created" || victim.left_at_once().empty()));
        victim.check_nothing(victim.left_after_delete(), "delete while create runs");
    }
}

TEST_CASE("of two starts at once one wins") {
    need_root();
    Victim victim;
    for (int round = 0; round < rounds(10); ++round) {
        REQUIRE(run(victim.words("create")).ok());
        Commands starts;
        for (int i = 0; i < 2; ++i)
            starts.push_back(std::make_unique<Process>(
                victim.container().words({"start", victim.container().id()})));
        int won = 0;
        for (const Outcome& outcome : ends_of(starts)) {
            INFO(outcome.describe());
            if (outcome.ok())
                ++won;
            else
                CHECK_THAT(outcome.err,
                           Catch::Contains("cannot start an already running container"));
        }
        CHECK(won == 1);
        CHECK(victim.container().status() == "running");
        victim.check_nothing(victim.left_after_delete(), "starts at once");
    }
}

TEST_CASE("a kill while start runs ends the container, and both say what is") {
    need_root();
    Victim victim;
    std::mt19937 random(std::random_device{}());
    for (int round = 0; round < rounds(20); ++round) {
        REQUIRE(run(victim.words("create")).ok());
        Process start(victim.container().words({"start", victim.container().id()}));
        constexpr int kWindow = 4000;  // µs
        std::this_thread::sleep_for(std::chrono::microseconds(random() % kWindow));
        const Outcome killed = victim.container().kill("KILL");
        const Outcome started = start.wait();
        INFO(started.describe() << killed.describe());
        CHECK_FALSE(started.timed_out);
        CHECK(killed.ok());
        if (!started.ok()) CHECK(lines_of(started.err).size() == 1);
        CHECK(eventually([&] {
            reap_orphans();
            return victim.container().status() == "stopped" || victim.container().status().empty();
        }));
        victim.check_nothing(victim.left_after_delete(), "kill while start runs");
    }
}

TEST_CASE("a signal that follows create at once ends the container") {
    need_root();
    Victim victim;
    const Outcome plan =
        run({crux_program(), "explain", "--format", "json", "-b", victim.bundle().path()});
    INFO(plan.describe());
    int barrier = -1;
    int steps = 0;
    const nlohmann::json document = nlohmann::json::parse(plan.out);
    for (const nlohmann::json& step : document.at("steps")) {
        if (step.at("kind") == "barrier") barrier = steps;
        if (step.at("side") == "init") ++steps;
    }
    REQUIRE(barrier > 0);
    // create has ended, and init is not yet where it waits for start.
    const BrokenAt slow(barrier, "wait");
    for (const char* signal : {"TERM", "HUP"}) {
        Process create(victim.words("create"));
        must(create.wait());
        must(victim.container().kill(signal));
        CHECK(victim.container().reaches("stopped"));
        victim.check_nothing(victim.left_after_delete(), "a signal behind create");
    }
}

TEST_CASE("list and state have no errors of their own while a container comes and goes") {
    need_root();
    Victim victim;
    const Container& container = victim.container();
    int looks = 0;
    for (int round = 0; round < rounds(6); ++round) {
        // The life cycle of a container in one shell, so that the reads happen at any moment.
        const std::string program = crux_program() + " --root " + container.root() + " ";
        const std::string id = " " + container.id();
        const std::string script = program + "create --bundle " + victim.bundle().path() + id +
                                   " && " + program + "start" + id + " && " + program + "kill" +
                                   id + " KILL; " + program + "delete --force" + id;
        Process life({"/bin/sh", "-c", script});
        while (!life.ended()) {
            const Outcome listed = container.crux({"list"});
            INFO(listed.describe());
            CHECK(listed.ok());
            CHECK(listed.err.empty());
            const Outcome seen = container.crux({"state", container.id()});
            INFO(seen.describe());
            if (!seen.ok()) CHECK_THAT(seen.err, Catch::Contains("container does not exist"));
            ++looks;
        }
        const Outcome lived = life.wait();
        INFO(lived.describe());
        CHECK(lived.ok());
        victim.check_nothing(victim.left_after_delete(), "list while a container lives");
    }
    std::cout << looks << " looks at a container that comes and goes\n";
    CHECK(looks > 5);
}

}  // namespace
}  // namespace crux::test

// Every system call of each command on an existing container fails: the command then succeeds or
// reports one error, the container is in a state that the command may leave, and delete by force
// removes it.

#include <algorithm>
#include <iostream>

#include "tests/faults/victim.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

/// A command, the state that it is for, and the states that the container may have afterwards. ""
/// means that the container does not exist.
struct Command {
    const char* name;
    std::vector<std::string> before_id;
    std::vector<std::string> after_id;
    const char* state;
    std::vector<std::string> after_success;
    std::vector<std::string> after_failure;
};

const std::vector<Command>& commands() {
    static const std::vector<Command> all = {
        // A failed step of init ends the container; what fails behind it ends nothing.
        {"start", {"start"}, {}, "created", {"running"}, {"created", "running", ""}},
        {"exec", {"exec"}, {"/bin/true"}, "running", {"running"}, {"running"}},
        {"kill", {"kill"}, {"KILL"}, "running", {"stopped"}, {"running", "stopped"}},
        {"update", {"update", "--pids-limit", "30"}, {}, "running", {"running"}, {"running"}},
        {"pause", {"pause"}, {}, "running", {"paused"}, {"running"}},
        {"resume", {"resume"}, {}, "paused", {"running"}, {"paused", "running"}},
        {"delete", {"delete"}, {}, "stopped", {""}, {"stopped", ""}},
        {"delete --force", {"delete", "--force"}, {}, "running", {""}, {"running", "stopped", ""}},
        {"state", {"state"}, {}, "running", {"running"}, {"running"}},
    };
    return all;
}

void bring_to(Victim& victim, const std::string& state) {
    Container& container = victim.container();
    must(run(victim.words("create")));
    if (state != "created") must(container.start());
    if (state == "paused") must(container.pause());
    if (state == "stopped") {
        must(container.kill("KILL"));
        REQUIRE(container.reaches("stopped"));
    }
    REQUIRE(container.status() == state);
}

std::vector<std::string> words_of(Victim& victim, const Command& command) {
    std::vector<std::string> words = command.before_id;
    words.push_back(victim.container().id());
    words.insert(words.end(), command.after_id.begin(), command.after_id.end());
    return victim.container().words(words);
}

/// A killed process is gone only after it has closed its files.
bool is_in_one_of(const Container& container, const std::vector<std::string>& states) {
    return eventually([&] {
        reap_orphans();
        return std::ranges::find(states, container.status()) != states.end();
    });
}

void check_end(Victim& victim, const Command& command, const Outcome& outcome) {
    CHECK(outcome.signal == 0);
    if (outcome.ok()) {
        CHECK(is_in_one_of(victim.container(), command.after_success));
        return;
    }
    // exec reports its own failures with 255, or with those of a shell.
    CHECK(outcome.status != 0);
    CHECK(lines_of(outcome.err).size() == 1);
    INFO("is " << victim.container().status());
    CHECK(is_in_one_of(victim.container(), command.after_failure));
}

TEST_CASE("any system call of a command on a container may fail") {
    need_root();
    need_strace();
    const std::vector<std::string> errors = {"EIO", "EPERM", "EMFILE", "ENOMEM", "EACCES"};
    const std::size_t stride = thorough() ? 1 : 5;
    for (const Command& command : commands()) {
        Victim victim;
        bring_to(victim, command.state);
        const std::vector<std::string> words = words_of(victim, command);
        std::vector<Call> calls = calls_of(words);
        std::erase_if(calls, [](const Call& call) { return !may_fail(call); });
        victim.check_nothing(victim.left_after_delete(), "before the first error");
        std::size_t failed = 0;
        std::size_t runs = 0;
        for (std::size_t i = 0; i < calls.size(); i += stride) {
            const std::string& error = errors[(i / stride) % errors.size()];
            const std::string when =
                std::string(command.name) + ": " + error + " at " + calls[i].describe();
            bring_to(victim, command.state);
            const Outcome outcome = run(tampered(words, "error=" + error, calls[i]));
            INFO(when << "\n" << outcome.describe());
            REQUIRE_FALSE(outcome.timed_out);
            check_end(victim, command, outcome);
            victim.check_nothing(victim.left_after_delete(), when);
            ++runs;
            if (!outcome.ok()) ++failed;
        }
        std::cout << command.name << " with a failing system call: " << failed << " of " << runs
                  << " runs failed, the rest went on\n";
        CHECK(failed > 0);
    }
}

}  // namespace
}  // namespace crux::test

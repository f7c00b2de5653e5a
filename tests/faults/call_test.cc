// Every system call of crux and of init fails, with the errors that it can have: the command then
// succeeds as without the fault, or reports one error with its place, and nothing is left.

#include <algorithm>
#include <iostream>
#include <set>

#include "tests/faults/errors.h"
#include "tests/faults/trial.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/criu.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

/// Each call with each of its errors if time does not matter, else each `stride`th of the command's
/// own, and fewer of init's, with one.
Choice errors(std::size_t stride) {
    constexpr std::size_t kInit = 5;
    return {.stride = thorough() ? 1 : stride,
            .init_stride = thorough() ? 1 : stride * kInit,
            .every_error = thorough()};
}

void fail_calls_of(const Scene& scene, const std::string& name, std::size_t stride) {
    INFO(scene.name << ": " << name);
    Victim victim(scene);
    Trial trial(victim, command_named(name));
    const Choice choice = errors(stride);
    trial.run_all(choice);
    report(name + " (" + scene.name + ")", trial, choice);
}

TEST_CASE("any system call of create may fail: this is reported or does not matter") {
    need_root();
    need_tracing();
    fail_calls_of(scenes().front(), "create", 1);
}

TEST_CASE("any system call of a create with all its parts may fail") {
    need_root();
    need_tracing();
    for (const Scene& scene : scenes())
        if (&scene != &scenes().front()) fail_calls_of(scene, "create", 12);
}

TEST_CASE("any system call of run and start may fail") {
    need_root();
    need_tracing();
    fail_calls_of(scenes().front(), "run", 8);
    fail_calls_of(scenes().front(), "start", 2);
    fail_calls_of(scenes()[1], "start", 4);
}

TEST_CASE("any system call of a command on a container may fail") {
    need_root();
    need_tracing();
    need_controller("freezer");
    need_controller("pids");
    need_controller("memory");
    for (const char* name :
         {"exec", "kill", "update", "pause", "resume", "delete", "delete --force", "state"})
        fail_calls_of(scenes().front(), name, 5);
}

TEST_CASE("a create that fails for a cause that lasts leaves what delete by force removes") {
    need_root();
    need_tracing();
    for (const Scene& scene : {scenes().front(), scenes().back()}) {
        Victim victim(scene);
        Trial trial(victim, command_named("create"));
        const Choice choice{
            .stride = thorough() ? 1U : 9U, .init_stride = thorough() ? 1U : 45U, .lasts = true};
        trial.run_all(choice);
        report(std::string("create, lasting (") + scene.name + ")", trial, choice);
    }
}

namespace {

/// In the foreground: the program's output and exit status, or one error.
void fail_foreground(const std::string& command) {
    Victim victim;
    Container& container = victim.container();
    std::vector<std::string> words;
    if (command == "run") {
        victim.bundle().script("echo out; exit 3").write();
        words = victim.words("run");
    } else {
        words = container.words({"exec", container.id(), "/bin/sh", "-c", "echo out; exit 3"});
    }
    const auto begin = [&] {
        if (command == "run") return;
        must(run(victim.words("create")));
        must(container.start());
    };
    begin();
    const std::vector<Call> calls = all_calls_of(words);
    victim.check_nothing(victim.left_after_delete(), "without a fault");
    int failed = 0;
    int runs = 0;
    const std::size_t stride = thorough() ? 1 : 10;
    for (std::size_t i = 0; i < calls.size(); ++i) {
        const Call& call = calls[i];
        // Also the last one of init, for which nobody waits any more.
        const bool is_answer = call.role == "init" && call.name == "read";
        if (i % stride != 0 && !is_answer) continue;
        const CallErrors* row = errors_of(call.name);
        REQUIRE(row != nullptr);
        for (std::size_t k = 0;
             k < (thorough() ? row->errors.size() : std::min<std::size_t>(1, row->errors.size()));
             ++k) {
            const std::string error = row->errors[(i / stride + k) % row->errors.size()];
            begin();
            const Outcome outcome = run(tampered(words, "error=" + error, call));
            const std::string when = command + ": " + error + " at " + call.describe();
            INFO(when << "\n" << outcome.describe());
            REQUIRE_FALSE(outcome.timed_out);
            ++runs;
            if (outcome.status != 3) {
                ++failed;
                check_error(call, error, outcome);
            } else if (call.name != "write") {
                CHECK(outcome.out == "out\n");
            }
            // A removal that fails leaves what delete removes.
            if (command == "run" && outcome.status == 3)
                victim.check_nothing(victim.left_at_once(), when + ", at once");
            victim.check_nothing(victim.left_after_delete(), when);
        }
    }
    std::cout << command << " in the foreground: " << calls.size() << " system calls, " << runs
              << " errors, " << failed << " failures\n";
    CHECK(failed > 0);
}

}  // namespace

TEST_CASE("any system call of run and exec in the foreground may fail") {
    need_root();
    need_tracing();
    fail_foreground("run");
    fail_foreground("exec");
}

TEST_CASE("any system call of checkpoint and restore may fail") {
    need_criu();
    need_tracing();
    for (const char* name : {"checkpoint", "restore"}) fail_calls_of(dumpable_scene(), name, 24);
}

TEST_CASE("the table of errors has one row for each call, in alphabetical order") {
    std::string last;
    for (const CallErrors& row : call_errors()) {
        INFO(row.call);
        CHECK(last < row.call);
        CHECK(std::string(row.reason) != "");
        last = row.call;
        std::set<std::string> seen;
        for (const char* error : row.errors) {
            CHECK(seen.insert(error).second);
            CHECK(errno_number(error) > 0);
        }
    }
}

}  // namespace
}  // namespace crux::test

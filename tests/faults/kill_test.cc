// crux is killed at each of its own system calls, and at random moments; delete by force then
// restores the host.

#include <sys/wait.h>

#include <csignal>
#include <iostream>
#include <random>
#include <thread>

#include "tests/faults/trial.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/criu.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

/// Each call, or each `stride`th if time matters: the process that makes it is killed.
void kill_at_calls_of(const Scene& scene, const std::string& name, std::size_t stride) {
    INFO(scene.name << ": " << name);
    Victim victim(scene);
    Trial trial(victim, command_named(name));
    constexpr std::size_t kInit = 5;
    const Choice choice{.stride = thorough() ? 1 : stride,
                        .init_stride = thorough() ? 1 : stride * kInit,
                        .kills = true};
    trial.run_all(choice);
    report(name + " (" + scene.name + ")", trial, choice);
    // A few calls may differ between runs, or the process ends too late to be missed, but not most.
    CHECK(trial.failures * 4 >= trial.runs * 3);
}

TEST_CASE("create may be killed at any of its system calls") {
    need_root();
    need_tracing();
    // The others differ from the first in few calls.
    for (const Scene& scene : scenes())
        kill_at_calls_of(scene, "create", &scene == &scenes().front() ? 1 : 4);
}

TEST_CASE("run --detach may be killed at any of its system calls") {
    need_root();
    need_tracing();
    kill_at_calls_of(scenes().front(), "run", 4);
}

TEST_CASE("start, kill and delete may be killed at any system call") {
    need_root();
    need_tracing();
    for (const char* name : {"start", "kill", "delete", "delete --force"})
        kill_at_calls_of(scenes()[1], name, 2);
}

TEST_CASE("exec, update, pause and resume may be killed at any system call") {
    need_root();
    need_tracing();
    need_controller("freezer");
    for (const char* name : {"exec", "update", "pause", "resume"})
        kill_at_calls_of(scenes().front(), name, 6);
}

TEST_CASE("checkpoint and restore may be killed at any system call") {
    need_criu();
    need_tracing();
    for (const char* name : {"checkpoint", "restore"}) kill_at_calls_of(dumpable_scene(), name, 24);
}

TEST_CASE("a killed create never removes the container whose cgroup it requested") {
    need_root();
    need_tracing();
    const std::string path = "/" + our_tag() + "-shared";
    Bundle bundle;
    bundle.args({"/bin/sleep", "1000"}).set("/linux/cgroupsPath", path);
    Container first(bundle);
    must(first.create());
    must(first.start());
    Victim victim;
    // A create that fails begins with the same calls as one that succeeds.
    const std::vector<Call> calls = calls_of(victim.words("create"));
    victim.check_nothing(victim.left_after_delete(), "before the first kill");
    victim.bundle().set("/linux/cgroupsPath", path).write();
    int killed = 0;
    for (const Call& call : calls) {
        const Outcome outcome = run(tampered(victim.words("create"), "kill", call));
        INFO(call.describe() << "\n" << outcome.describe());
        victim.check_nothing(victim.left_after_delete(), "killed at " + call.describe());
        REQUIRE(first.status() == "running");
        if (outcome.signal == SIGKILL)
            ++killed;
        else
            CHECK_THAT(outcome.err, Catch::Contains("container's cgroup is not empty"));
    }
    std::cout << "create into a cgroup that is in use: killed at " << killed << " system calls\n";
    CHECK(killed > 10);
}

TEST_CASE("two hundred kills at random moments of create leave nothing") {
    need_root();
    Victim victim;
    const int kills = thorough() ? 2000 : 200;
    constexpr int kWindow = 12'000;  // µs
    std::mt19937 random(std::random_device{}());
    int left = 0;
    int ended = 0;
    for (int i = 0; i < kills; ++i) {
        Process process(victim.words("create"));
        std::this_thread::sleep_for(std::chrono::microseconds(random() % kWindow));
        process.signal(SIGKILL);
        const Outcome outcome = process.wait();
        if (outcome.ok()) ++ended;
        const std::string rest = victim.left_after_delete();
        if (!rest.empty()) ++left;
        victim.check_nothing(rest, "kill " + std::to_string(i));
    }
    std::cout << kills << " random kills of create (" << ended
              << " came too late): something was left behind after " << left << "\n";
    CHECK(left == 0);
}

}  // namespace
}  // namespace crux::test

// crux is killed at each of its own system calls, and at random moments; delete by force then
// restores the host.

#include <sys/wait.h>

#include <csignal>
#include <iostream>
#include <random>
#include <thread>

#include "tests/faults/victim.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

/// Runs the command repeatedly, each time killed at another of its system calls. `before` makes its
/// input, `after` checks the result.
template <class Before, class After>
void kill_at_every_call(Victim& victim, const std::vector<std::string>& words, std::size_t stride,
                        Before before, After after) {
    before();
    const std::vector<Call> calls = calls_of(words);
    victim.check_nothing(victim.left_after_delete(), "before the first kill");
    std::size_t killed = 0;
    for (std::size_t i = 0; i < calls.size(); i += stride) {
        before();
        Process process(tampered(words, "signal=SIGKILL", calls[i]));
        const Outcome outcome = process.wait();
        const std::string when = "killed at " + calls[i].describe();
        INFO(when << "\n" << outcome.describe());
        REQUIRE_FALSE(outcome.timed_out);
        if (outcome.signal == SIGKILL) ++killed;
        victim.check_nothing(victim.left_after_delete(), when);
        after();
    }
    std::cout << words[1 + 4] << ": killed at " << killed << " of " << calls.size()
              << " system calls\n";
    // A few calls may differ between runs, but not most.
    CHECK(killed * stride * 4 >= calls.size() * 3);
}

void nothing() {}

TEST_CASE("create may be killed at any of its system calls") {
    need_root();
    need_strace();
    for (const Scene& scene : scenes()) {
        INFO(scene.name);
        Victim victim(scene);
        // The others differ from the first in few calls.
        const std::size_t stride = thorough() ? 1 : &scene == &scenes().front() ? 1 : 4;
        kill_at_every_call(victim, victim.words("create"), stride, nothing, nothing);
    }
}

TEST_CASE("run --detach may be killed at any of its system calls") {
    need_root();
    need_strace();
    Victim victim;
    kill_at_every_call(victim, victim.words("run", {"--detach"}), thorough() ? 1 : 4, nothing,
                       nothing);
}

TEST_CASE("start, kill and delete may be killed at any system call") {
    need_root();
    need_strace();
    for (const std::string command : {"start", "kill", "delete"}) {
        INFO(command);
        Victim victim(scenes()[1]);
        const auto make = [&] { REQUIRE(run(victim.words("create")).ok()); };
        std::vector<std::string> words = {command, victim.container().id()};
        if (command == "kill") words.emplace_back("KILL");
        kill_at_every_call(victim, victim.container().words(words), thorough() ? 1 : 2, make,
                           nothing);
    }
}

TEST_CASE("a killed create never removes the container whose cgroup it requested") {
    need_root();
    need_strace();
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
        const Outcome outcome = run(tampered(victim.words("create"), "signal=SIGKILL", call));
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

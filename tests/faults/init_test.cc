// The end of init, by a signal or the OOM killer, is reported with its cause.

#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/faults/victim.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

using nlohmann::json;

TEST_CASE("an init that is killed while create works is reported as killed") {
    need_root();
    Victim victim;
    // The hook gets the state on its standard input, which contains init's pid.
    const std::string script = R"sh(kill -9 "$(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p')"; exit 0)sh";
    for (const char* when : {"prestart", "createRuntime"}) {
        INFO(when);
        victim.bundle().set(
            "/hooks",
            {{when, json::array({{{"path", "/bin/sh"}, {"args", {"sh", "-c", script}}}})}});
        victim.bundle().write();
        const Outcome created = run(victim.words("create"));
        INFO(created.describe());
        CHECK(created.status == 1);
        CHECK_THAT(created.err, Catch::Contains("container init was killed by signal 9"));
        victim.check_nothing(victim.left_at_once(), "killed by a hook");
    }
}

TEST_CASE("an init that is killed at the barrier leaves a stopped container that cannot start") {
    need_root();
    Victim victim;
    REQUIRE(run(victim.words("create")).ok());
    const int pid = victim.container().state().at("pid");
    kill(pid, SIGKILL);
    REQUIRE(eventually([&] {
        reap_orphans();
        return victim.container().status() == "stopped";
    }));
    refused_with(victim.container().start(), "cannot start a container that has stopped");
    must(victim.container().remove());
    victim.check_nothing(victim.left_at_once(), "killed at the barrier");
}

TEST_CASE("an init that the memory limit kills is reported with the limit, or survives") {
    need_root();
    need_controller("memory");
    Victim victim;
    bool told = false;
    for (const int kib : {4, 16, 32, 64, 96, 128, 192, 256, 384, 512}) {
        INFO(kib << " KiB");
        victim.bundle().set("/linux/resources/memory", {{"limit", kib << 10}, {"swap", kib << 10}});
        victim.bundle().write();
        const Outcome created = run(victim.words("create"));
        INFO(created.describe());
        CHECK_FALSE(created.timed_out);
        if (!created.ok()) {
            CHECK(created.status == 1);
            CHECK_THAT(created.err, Catch::Contains("memory limit"));
            CHECK_THAT(created.err, Catch::Contains("/linux/resources/memory/limit"));
            told = true;
            victim.check_nothing(victim.left_at_once(), "killed by the limit, at once");
        }
        victim.check_nothing(victim.left_after_delete(), "a small limit");
    }
    CHECK(told);
}

}  // namespace
}  // namespace crux::test

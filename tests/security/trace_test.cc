// A container cannot trace a process that enters its namespaces. The numbers are those of the
// attacks in docs/security.md.

#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "tests/security/canary.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/exec.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

using nlohmann::json;

/// A container with a user namespace and all permissions that this can give, so that only crux's
/// own protection counts; its program attacks each new process.
class Attacker {
 public:
    Attacker() : container_(bundle_) {
        const json map = json::array({{{"containerID", 0}, {"hostID", 100'000}, {"size", 65536}}});
        bundle_.name_space("user").set("/linux/uidMappings", map).set("/linux/gidMappings", map);
        json all = json::array();
        for (const char* name : {"CAP_SYS_PTRACE", "CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE", "CAP_KILL",
                                 "CAP_SETUID", "CAP_SETGID", "CAP_DAC_READ_SEARCH", "CAP_SETPCAP"})
            all.push_back(name);
        bundle_.set("/process/capabilities",
                    {{"bounding", all}, {"effective", all}, {"permitted", all}});
        const std::string program = crux_program();
        bundle_.file("bin/tracer",
                     read_file(program.substr(0, program.rfind('/')) + "/crux-test-tracer"), 0755);
        bundle_.args({"/bin/tracer"});
        must(container_.create());
        must(container_.start());
        REQUIRE(eventually([&] { return container_.out() == "ready\n"; }));
    }
    [[nodiscard]] const Container& container() const { return container_; }
    [[nodiscard]] std::string name_space(const std::string& type) const {
        return "/proc/" + std::to_string(container_.pid()) + "/ns/" + type;
    }
    /// Ends the attack; checks that it saw processes and that none was traced or robbed.
    void finish(const Rounds& rounds) {
        bundle_.file("stop", "");
        REQUIRE(container_.reaches("stopped"));
        const std::string said = container_.out();
        INFO(said);
        int won = 0;
        for (const std::string& line : lines_of(said))
            if (line.starts_with("seized") || line.starts_with("took")) ++won;
        std::cout << rounds.summary().substr(0, rounds.summary().find(',')) << ", " << won
                  << " times traced or robbed, " << said.substr(said.rfind("saw"));
        CHECK(won == 0);
        CHECK(said.find("saw 0\n") == std::string::npos);
    }

 private:
    Bundle bundle_;
    Container container_;
};

TEST_CASE("2: a process that enters a container cannot be traced before it is its program") {
    need_root();
    if (!has_user_namespaces()) skip("needs user namespaces");
    const Unchanged host;
    Attacker attacker;
    const Container& container = attacker.container();
    Rounds rounds("exec into a tracing container");
    while (rounds.next()) {
        const Outcome outcome = container.crux({"exec", container.id(), "/bin/true"});
        INFO(outcome.describe());
        CHECK_FALSE(outcome.timed_out);
    }
    attacker.finish(rounds);
}

TEST_CASE("27: a container that joins a pod cannot be traced, also with time offsets") {
    need_root();
    if (!has_user_namespaces()) skip("needs user namespaces");
    if (access("/proc/self/ns/time", F_OK) != 0) skip("needs time namespaces");
    const Unchanged host;
    Attacker attacker;
    Bundle bundle;
    bundle.name_space("user", attacker.name_space("user"))
        .name_space("pid", attacker.name_space("pid"))
        .name_space("time")
        .set("/linux/timeOffsets", {{"monotonic", {{"secs", 1000}, {"nanosecs", 0}}}})
        .args({"/bin/true"});
    Rounds rounds("a container with time offsets joins a tracing pod");
    while (rounds.next()) {
        Container container(bundle);
        container.global_options = bare_errors();
        const Outcome outcome = container.run();
        INFO(outcome.describe());
        CHECK_FALSE(outcome.timed_out);
    }
    attacker.finish(rounds);
}

TEST_CASE("27: the offsets of a time namespace are those of config.json in joined namespaces") {
    need_root();
    if (!has_user_namespaces()) skip("needs user namespaces");
    if (access("/proc/self/ns/time", F_OK) != 0) skip("needs time namespaces");
    const Unchanged host;
    Bundle pod;
    const json map = json::array({{{"containerID", 0}, {"hostID", 100'000}, {"size", 65536}}});
    pod.name_space("user").set("/linux/uidMappings", map).set("/linux/gidMappings", map);
    pod.args({"/bin/sleep", "1000"});
    Container first(pod);
    must(first.create());
    must(first.start());
    const std::string of_first = "/proc/" + std::to_string(first.pid()) + "/ns/";
    for (const std::vector<std::string>& joined :
         {std::vector<std::string>{"user", "pid"}, {"pid"}, {"ipc"}, {}}) {
        INFO(joined.size() << " namespaces joined");
        Bundle bundle;
        bundle.name_space("time").script("cat /proc/self/timens_offsets");
        bundle.set("/linux/timeOffsets", {{"monotonic", {{"secs", 1000}, {"nanosecs", 7}}},
                                          {"boottime", {{"secs", 2000}, {"nanosecs", 0}}}});
        for (const std::string& type : joined) bundle.name_space(type, of_first + type);
        Container container(bundle);
        container.global_options = bare_errors();
        const Outcome outcome = container.run();
        INFO(outcome.describe());
        CHECK_THAT(outcome.out, Catch::Contains("1000") && Catch::Contains("2000"));
    }
}

}  // namespace
}  // namespace crux::test

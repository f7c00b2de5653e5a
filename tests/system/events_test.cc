// events: resource usage and out-of-memory events of a container, as a stream and once.

#include <algorithm>
#include <csignal>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/exec.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

using nlohmann::json;

std::vector<json> events_in(const std::string& text) {
    std::vector<json> events;
    for (const std::string& line : lines_of(text)) events.push_back(json::parse(line));
    return events;
}

long count_of(const std::string& text, const std::string& type) {
    return std::ranges::count_if(lines_of(text), [&](const std::string& line) {
        return line.starts_with("{\"type\":\"" + type + '"');
    });
}

TEST_CASE("events --stats prints what a container uses and ends") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/linux/resources/pids", {{"limit", 50}})
        .set("/linux/resources/memory", {{"limit", 67108864}});
    const Sleeper container(bundle);
    const Outcome outcome = container.crux({"events", "--stats", container.id()});
    REQUIRE(outcome.status == 0);
    CHECK(outcome.err == "");
    const auto events = events_in(outcome.out);
    REQUIRE(events.size() == 1);
    CHECK(events[0].at("type") == "stats");
    CHECK(events[0].at("id") == container.id());
    const json& data = events[0].at("data");
    if (controller_mount("pids")) CHECK(data.at("pids") == json({{"current", 1}, {"limit", 50}}));
    if (controller_mount("memory")) {
        CHECK(data.at("memory").at("usage").at("limit") == 67108864);
        CHECK(data.at("memory").at("usage").at("usage") > 0);
    }
    for (const char* part : {"cpu", "cpuset", "blkio", "hugetlb", "intel_rdt"})
        CHECK(data.at(part).is_object());
    CHECK(data.at("network_interfaces").is_null());
}

TEST_CASE("events prints statistics after each interval until the container ends") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    Sleeper container(bundle);
    const Process watching(container.words({"events", "--interval", "50ms", container.id()}));
    REQUIRE(eventually([&] { return count_of(watching.out(), "stats") >= 4; }));
    CHECK_FALSE(watching.ended());
    const pid_t pid = container.pid();
    must(container.kill());
    REQUIRE(exit_of(pid));
    REQUIRE(eventually([&] { return watching.ended(); }));
    for (const json& event : events_in(watching.out())) CHECK(event.at("type") == "stats");
    CHECK(watching.err() == "");
}

TEST_CASE("the intervals of events are as long as asked") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    Sleeper container(bundle);
    Process watching(container.words({"events", "--interval=100s", container.id()}));
    Process fast(container.words({"events", "--interval=100ms", container.id()}));
    REQUIRE(eventually([&] { return count_of(fast.out(), "stats") >= 3; }));
    CHECK(watching.out() == "");
    must(container.kill());
    REQUIRE(exit_of(container.pid()));
    CHECK(watching.wait(3s).status == 0);
    CHECK(fast.wait(3s).status == 0);
}

TEST_CASE("events reports when the container is out of memory") {
    need_root();
    need_controller("memory");
    const Unchanged host;
    Bundle bundle;
    bundle.set("/linux/resources/memory", {{"limit", 16777216}, {"swap", 16777216}});
    Sleeper container(bundle);
    Process watching(container.words({"events", "--interval", "100s", container.id()}));
    // Events before the watch is set up are not reported.
    REQUIRE(eventually([&] {
        if (count_of(watching.out(), "oom") > 0) return true;
        container.exec_script({}, "dd if=/dev/zero of=/dev/null bs=64M count=1 2>/dev/null");
        return count_of(watching.out(), "oom") > 0;
    }));
    CHECK(lines_of(watching.out()).front() ==
          "{\"type\":\"oom\",\"id\":\"" + container.id() + "\"}");
    const auto told = count_of(watching.out(), "oom");
    CHECK(container.exec_script({}, "dd if=/dev/zero of=/dev/null bs=64M count=1").status ==
          128 + SIGKILL);
    CHECK(eventually([&] { return count_of(watching.out(), "oom") > told; }));
    must(container.kill());
    REQUIRE(exit_of(container.pid()));
    CHECK(watching.wait(3s).status == 0);
    CHECK(count_of(watching.out(), "stats") == 0);
}

TEST_CASE("run tells that the kernel killed its program for its memory") {
    need_root();
    need_controller("memory");
    const Unchanged host;
    Bundle bundle;
    bundle.set("/linux/resources/memory", {{"limit", 16777216}, {"swap", 16777216}})
        .script("exec dd if=/dev/zero of=/dev/null bs=64M count=1 2>/dev/null");
    Container container(bundle);
    const Outcome outcome = container.run();
    INFO(outcome.describe());
    CHECK(outcome.status == 128 + SIGKILL);
    CHECK_THAT(outcome.err,
               Catch::Contains("the container was out of memory: the kernel killed 1 process "
                               "(config.json: /linux/resources/memory/limit)"));
    // Another cause of the same status.
    bundle.script("kill -9 $$; exec /bin/sleep 100").write();
    bundle.without_name_space("pid");
    Container other(bundle);
    const Outcome killed = other.run();
    INFO(killed.describe());
    CHECK(killed.status == 128 + SIGKILL);
    CHECK(killed.err.empty());
}

TEST_CASE("events continues as long as a process is in the container") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.without_name_space("pid");
    Sleeper container(bundle);
    const std::string file = bundle.path() + "/exec.pid";
    must(container.exec({"-d", "--pid-file", file}, {"/bin/sleep", "1000"}));
    Process watching(container.words({"events", "--interval", "50ms", container.id()}));
    REQUIRE(eventually([&] { return count_of(watching.out(), "stats") >= 1; }));
    const pid_t init = container.pid();
    REQUIRE(::kill(init, SIGKILL) == 0);
    REQUIRE(exit_of(init));
    const auto before = count_of(watching.out(), "stats");
    CHECK(eventually([&] { return count_of(watching.out(), "stats") >= before + 3; }));
    const pid_t other = std::stoi(read_file(file));
    REQUIRE(::kill(other, SIGKILL) == 0);
    REQUIRE(exit_of(other));
    CHECK(watching.wait(3s).status == 0);
}

TEST_CASE("events is refused without a container that runs, and with a wrong interval") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    Sleeper container(bundle);
    for (const char* interval : {"0", "-5s", "0s"})
        refused(container.crux({"events", "--interval", interval, container.id()}),
                "duration interval must be greater than 0");
    for (const char* interval : {"5", "x", ""})
        refused_with(container.crux({"events", "--interval", interval, container.id()}),
                     "invalid duration");
    refused(container.crux({"events", "nosuch"}), "container does not exist");
    must(container.kill());
    REQUIRE(exit_of(container.pid()));
    for (const std::vector<std::string>& flags : {std::vector<std::string>{}, {"--stats"}}) {
        std::vector<std::string> words = {"events"};
        words.insert(words.end(), flags.begin(), flags.end());
        words.push_back(container.id());
        refused(container.crux(words), "container with id " + container.id() + " is not running");
    }
}

}  // namespace
}  // namespace crux::test

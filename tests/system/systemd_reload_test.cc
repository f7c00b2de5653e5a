// The limits of a container that systemd knows and writes again at each reload: none becomes
// weaker.

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/facts.h"
#include "tests/support/managed.h"

namespace crux::test {
namespace {

TEST_CASE("systemd knows the limits, and a reload keeps them after an update, too") {
    need_systemd();
    if (cgroup_mode() != CgroupMode::v2) skip("needs cgroup v2");
    for (const char* controller : {"memory", "pids", "cpu", "cpuset"}) need_controller(controller);
    const Unchanged host;
    Managed managed;
    managed.bundle.set("/linux/resources/memory", {{"limit", 64 << 20}, {"swap", 64 << 20}})
        .set("/linux/resources/pids", {{"limit", 50}})
        .set("/linux/resources/cpu",
             {{"quota", 50000}, {"period", 200000}, {"shares", 512}, {"cpus", "0"}})
        .set("/linux/resources/unified", {{"memory.high", "50331648"}});
    managed.start();
    CHECK(managed.property("MemoryMax") == "67108864");
    CHECK(managed.property("MemoryHigh") == "50331648");
    CHECK(managed.property("MemorySwapMax") == "0");
    CHECK(managed.property("TasksMax") == "50");
    CHECK(managed.property("CPUQuotaPerSecUSec") == "250ms");
    CHECK(managed.property("CPUQuotaPeriodUSec") == "200ms");
    CHECK(managed.property("AllowedCPUs") == "0");
    CHECK(managed.property("CPUWeight") == managed.file("cpu", "cpu.weight"));
    const auto holds = [&](const std::string& memory, const std::string& tasks) {
        CHECK(managed.file("memory", "memory.max") == memory);
        CHECK(managed.file("memory", "memory.high") == "50331648");
        CHECK(managed.file("memory", "memory.swap.max") == "0");
        CHECK(managed.file("pids", "pids.max") == tasks);
        CHECK(managed.file("cpu", "cpu.max") == "50000 200000");
        CHECK(managed.file("cpuset", "cpuset.cpus") == "0");
    };
    holds("67108864", "50");
    must(run({"systemctl", "daemon-reload"}));
    holds("67108864", "50");
    must(managed.container.crux({"update", "--memory", "100663296", "--memory-swap", "100663296",
                                 "--pids-limit", "60", managed.container.id()}));
    CHECK(managed.property("MemoryMax") == "100663296");
    CHECK(managed.property("TasksMax") == "60");
    for (int round = 0; round < 3; ++round) must(run({"systemctl", "daemon-reload"}));
    holds("100663296", "60");
}

TEST_CASE("a limit of one process leaves room for the helper until init is there") {
    need_systemd();
    need_controller("pids");
    for (const int limit : {1, 2}) {
        const Unchanged host;
        Managed managed;
        managed.bundle.set("/linux/resources/pids", {{"limit", limit}});
        must(managed.container.create());
        CHECK(managed.file("pids", "pids.max") == std::to_string(limit));
        CHECK(managed.file("pids", "pids.current") == "1");
        CHECK(managed.property("TasksMax") == std::to_string(limit));
        must(managed.container.start());
        must(run({"systemctl", "daemon-reload"}));
        CHECK(managed.file("pids", "pids.max") == std::to_string(limit));
        CHECK(managed.container.status() == "running");
    }
}

TEST_CASE("a reload of systemd takes no device away and gives none") {
    need_systemd();
    const Unchanged host;
    Managed managed;
    managed.bundle
        .set("/linux/devices",
             {{{"path", "/dev/kmsg"}, {"type", "c"}, {"major", 1}, {"minor", 11}},
              {{"path", "/dev/other"}, {"type", "c"}, {"major", 10}, {"minor", 183}}})
        .set("/linux/resources/devices",
             {{{"allow", false}, {"access", "rwm"}},
              {{"allow", true}, {"type", "c"}, {"major", 1}, {"minor", 11}, {"access", "rw"}}});
    managed.start();
    const bool lists = cgroup_mode() != CgroupMode::v2;
    const auto listed = [&] {
        auto lines = lines_of(lists ? managed.file("devices", "devices.list") : "");
        std::ranges::sort(lines);
        return lines;
    };
    const auto before = listed();
    for (int round = 0; round < 5; ++round) {
        CHECK(listed() == before);
        const Outcome allowed = managed.exec_script(": >/dev/kmsg && : >/dev/null");
        INFO(round << allowed.describe());
        CHECK(allowed.ok());
        CHECK_THAT(managed.exec_script(": </dev/other").err,
                   Catch::Contains("Operation not permitted"));
        must(run({"systemctl", "daemon-reload"}));
    }
}

/// Every limit of the container that version 2 has a file for: name and content.
std::map<std::string, std::string> limits_of(const Managed& managed) {
    static const std::regex kLimit(R"(.*\.(max|high|low|min|weight|burst|idle|cpus|mems|latency))");
    std::map<std::string, std::string> all;
    const std::string folder = *cgroup_of(managed.container.pid(), "memory");
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().filename();
        if (std::regex_match(name, kLimit)) all[name] = read_file(entry.path());
    }
    return all;
}

/// The device number of a disk, "8:0".
std::string a_disk() {
    for (const auto& entry : std::filesystem::directory_iterator("/sys/block"))
        if (std::filesystem::exists(entry.path() / "device"))
            return without_line_end(read_file(entry.path() / "dev"));
    skip("needs a disk");
}

/// The limits that have changed, each with its present value.
std::string changes_since(const std::map<std::string, std::string>& before,
                          const Managed& managed) {
    std::string changes;
    for (const auto& [name, text] : limits_of(managed))
        if (before.at(name) != text) changes += name + ": " + before.at(name) + " became " + text;
    return changes;
}

/// Reloads systemd this many times, and reads the limits meanwhile.
void reload_and_look(const Managed& managed, int rounds) {
    const auto before = limits_of(managed);
    REQUIRE_FALSE(before.empty());
    for (int round = 0; round < rounds; ++round) {
        Process reload({"systemctl", "daemon-reload"});
        while (!reload.ended()) CHECK(changes_since(before, managed) == "");
        must(reload.wait());
        CHECK(changes_since(before, managed) == "");
    }
}

TEST_CASE("a loop of reloads takes no device away and changes no limit, not for a moment") {
    need_systemd();
    if (cgroup_mode() != CgroupMode::v2) skip("needs cgroup v2");
    for (const char* controller : {"memory", "pids", "cpu", "cpuset", "io"})
        need_controller(controller);
    const Unchanged host;
    Managed managed;
    const std::string disk = a_disk();
    const std::size_t colon = disk.find(':');
    managed.bundle
        .set("/linux/devices",
             {{{"path", "/dev/kmsg"}, {"type", "c"}, {"major", 1}, {"minor", 11}},
              {{"path", "/dev/other"}, {"type", "c"}, {"major", 10}, {"minor", 183}}})
        .set("/linux/resources/devices",
             {{{"allow", false}, {"access", "rwm"}},
              {{"allow", true}, {"type", "c"}, {"major", 1}, {"minor", 11}, {"access", "rw"}}})
        .set("/linux/resources/memory",
             {{"limit", 64 << 20}, {"swap", 80 << 20}, {"reservation", 16 << 20}})
        .set("/linux/resources/pids", {{"limit", 50}})
        .set("/linux/resources/cpu",
             {{"quota", 12345}, {"period", 50000}, {"shares", 333}, {"cpus", "0"}, {"mems", "0"}})
        .set("/linux/resources/blockIO/throttleWriteIOPSDevice",
             {{{"major", std::stoi(disk)},
               {"minor", std::stoi(disk.substr(colon + 1))},
               {"rate", 1000}}})
        .set("/linux/resources/unified", {{"memory.high", "50331648"}})
        .script(
            "while true; do { true >/dev/kmsg; } 2>/dev/null || echo lost;"
            " { true </dev/other; } 2>/dev/null && echo given; done");
    managed.start();
    CHECK(managed.file("cpu", "cpu.max") == "12500 50000");
    CHECK_THAT(managed.file("io", "io.max"), Catch::Contains(disk + " "));
    reload_and_look(managed, 5);
    must(managed.container.crux({"update", "--memory", "96M", "--memory-swap", "96M", "--cpu-quota",
                                 "20001", "--pids-limit", "60", managed.container.id()}));
    CHECK(managed.file("cpu", "cpu.max") == "20500 50000");
    reload_and_look(managed, 5);
    CHECK(managed.container.out() == "");
    CHECK(managed.container.status() == "running");
}

TEST_CASE("an idle container stays idle when systemd reloads") {
    need_systemd();
    need_controller("cpu");
    if (cgroup_mode() != CgroupMode::v2 || !kernel_is_at_least(5, 15))
        skip("needs cpu.idle (cgroup v2, Linux 5.15)");
    const Unchanged host;
    Managed managed;
    managed.bundle.set("/linux/resources/cpu", {{"idle", 1}});
    managed.start();
    CHECK(managed.file("cpu", "cpu.idle") == "1");
    must(run({"systemctl", "daemon-reload"}));
    CHECK(managed.file("cpu", "cpu.idle") == "1");
    must(managed.container.crux({"update", "--cpu-idle", "0", managed.container.id()}));
    must(run({"systemctl", "daemon-reload"}));
    CHECK(managed.file("cpu", "cpu.idle") == "0");
}

}  // namespace
}  // namespace crux::test

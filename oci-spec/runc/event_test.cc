#include "oci-spec/runc/event.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

namespace crux::oci {
namespace {

using nlohmann::json;

TEST_CASE("statistics of nothing are what runc writes for it") {
    CHECK(stats_event("box", {}) ==
          R"({"type":"stats","id":"box","data":{"cpu":{},"cpuset":{"cpu_exclusive":0,)"
          R"("mem_hardwall":0,"mem_exclusive":0,"memory_migrate":0,"memory_spread_page":0,)"
          R"("memory_spread_slab":0,"memory_pressure":0,"sched_load_balance":0,)"
          R"("sched_relax_domain_level":0},"memory":{},"pids":{},"blkio":{},"hugetlb":{},)"
          R"("intel_rdt":{},"network_interfaces":null}})"
          "\n");
}

TEST_CASE("statistics have runc's names") {
    Stats stats;
    stats.cpu = {.total = 10,
                 .user = 4,
                 .kernel = 6,
                 .per_cpu = {7, 3},
                 .per_cpu_user = {1, 2},
                 .per_cpu_kernel = {3, 4},
                 .periods = 5,
                 .throttled_periods = 6,
                 .throttled_time = 7,
                 .pressure = Pressure{}};
    stats.cpu.pressure->some = {.avg10 = 125, .avg60 = 50, .avg300 = 3, .total = 99};
    stats.cpuset.cpus = {0, 1};
    stats.memory.cache = 1;
    stats.memory.memory = {.usage = 2, .max = 3, .limit = 4, .failures = 5};
    stats.memory.raw = {{"rss", 6}, {"cache", 7}};
    stats.pids = {.current = 8, .limit = 9};
    stats.io.queued = {{8, 0, "Read", 10}, {8, 16, "", 0}};
    stats.hugetlb = {{"2MB", 1, 2, 3}, {"1GB", 0, 0, 0}};
    const std::string line = stats_event("box", stats);
    const json data = json::parse(line).at("data");
    CHECK(data["cpu"]["usage"] == json({{"total", 10},
                                        {"percpu", {7, 3}},
                                        {"percpu_kernel", {3, 4}},
                                        {"percpu_user", {1, 2}},
                                        {"kernel", 6},
                                        {"user", 4}}));
    CHECK(data["cpu"]["throttling"] ==
          json({{"periods", 5}, {"throttledPeriods", 6}, {"throttledTime", 7}}));
    CHECK_THAT(line, Catch::Contains(
                         R"("psi":{"some":{"avg10":1.25,"avg60":0.5,"avg300":0.03,"total":99}})"));
    CHECK(data["cpuset"]["cpus"] == json({0, 1}));
    CHECK(data["memory"]["usage"] ==
          json({{"limit", 4}, {"usage", 2}, {"max", 3}, {"failcnt", 5}}));
    CHECK_THAT(line, Catch::Contains(R"("raw":{"cache":7,"rss":6})"));
    CHECK(data["pids"] == json({{"current", 8}, {"limit", 9}}));
    CHECK(data["blkio"]["ioQueueRecursive"] ==
          json({{{"major", 8}, {"op", "Read"}, {"value", 10}}, {{"major", 8}, {"minor", 16}}}));
    CHECK_THAT(line,
               Catch::Contains(
                   R"("hugetlb":{"1GB":{"failcnt":0},"2MB":{"usage":1,"max":2,"failcnt":3}})"));
    CHECK(line.find('\n') == line.size() - 1);
}

TEST_CASE("an out-of-memory event has no data") {
    CHECK(oom_event("b") == "{\"type\":\"oom\",\"id\":\"b\"}\n");
}

}  // namespace
}  // namespace crux::oci

#include "runtime/cgroup/stats.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "runtime/base/text.h"
#include "runtime/cgroup/group.h"
#include "runtime/cgroup/stats_reader.h"
#include "tests/support/catch.h"

using namespace crux;
using namespace crux::cgroup;
namespace fs = std::filesystem;

namespace {

/// A directory for one cgroup, whose files a test writes.
class FakeCgroup {
 public:
    FakeCgroup() {
        std::string name = "/tmp/crux-test-stats-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        top_ = name;
    }
    ~FakeCgroup() { fs::remove_all(top_); }
    FakeCgroup(const FakeCgroup&) = delete;
    FakeCgroup& operator=(const FakeCgroup&) = delete;

    void write(const std::string& file, std::string_view text) const {
        fs::create_directories((top_ / file).parent_path());
        std::ofstream(top_ / file) << text;
    }
    [[nodiscard]] CgroupDir dir(const std::string& name, std::vector<std::string> controllers,
                                int version) const {
        return {.mountpoint = top_ / name,
                .path = "/x",
                .controllers = std::move(controllers),
                .version = version};
    }

 private:
    fs::path top_;
};

Stats stats_of(std::vector<CgroupDir> dirs) {
    auto group = Group::open(std::move(dirs));
    REQUIRE(group);
    return group->stats();
}

using Entries = std::vector<IoEntry>;
using Numbers = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("pressure is read in hundredths of a per cent") {
    auto pressure = parse_pressure(
        "some avg10=1.25 avg60=0.07 avg300=100.00 total=123\nfull avg10=0.00 avg60=3 avg300=0.5 "
        "total=4\n");
    REQUIRE(pressure);
    CHECK(pressure->some == Pressure::Line{125, 7, 10000, 123});
    CHECK(pressure->full == Pressure::Line{0, 300, 50, 4});
    CHECK(!parse_pressure(""));
    CHECK(!parse_pressure("nonsense\n"));
}

TEST_CASE("lines of block I/O have a device, perhaps an operation, and a number") {
    CHECK(
        parse_io_entries("8:0 Read 100\n8:16 Write 5\n8:0 7\nTotal 105\n8 Read 1\n8:0 Read x\n") ==
        Entries{{8, 0, "Read", 100}, {8, 16, "Write", 5}, {8, 0, "", 7}});
}

TEST_CASE("sets are parsed to single numbers") {
    CHECK(parse_set("0-3,7\n") == std::vector<std::uint16_t>{0, 1, 2, 3, 7});
    CHECK(parse_set("65534-65535\n") == std::vector<std::uint16_t>{65534, 65535});
    CHECK(parse_set("\n").empty());
    CHECK(parse_set("3-1,x,2").size() == 1);
    // However many ranges, no more members than there are numbers.
    std::string many;
    for (int i = 0; i < 100; ++i) many += "0-65535,";
    CHECK(parse_set(many).size() == 65536);
}

TEST_CASE("v1 counts each controller in its own hierarchy") {
    FakeCgroup fake;
    fake.write("cpu/x/cpu.stat", "nr_periods 10\nnr_throttled 2\nthrottled_time 300\n");
    fake.write("cpuacct/x/cpuacct.usage", "5000\n");
    fake.write("cpuacct/x/cpuacct.stat", "user 3\nsystem 4\n");
    fake.write("cpuacct/x/cpuacct.usage_percpu", "2000 3000 \n");
    fake.write("cpuacct/x/cpuacct.usage_all", "cpu user system\n0 11 12\n1 13 14\n");
    fake.write("cpuset/x/cpuset.cpus", "0-1\n");
    fake.write("cpuset/x/cpuset.sched_relax_domain_level", "-1\n");
    fake.write("memory/x/memory.stat", "cache 77\nrss 88\n");
    fake.write("memory/x/memory.usage_in_bytes", "1000\n");
    fake.write("memory/x/memory.max_usage_in_bytes", "2000\n");
    fake.write("memory/x/memory.limit_in_bytes", "3000\n");
    fake.write("memory/x/memory.failcnt", "4\n");
    fake.write("memory/x/memory.memsw.usage_in_bytes", "1500\n");
    fake.write("pids/x/pids.current", "6\n");
    fake.write("pids/x/pids.max", "max\n");
    fake.write("blkio/x/blkio.throttle.io_serviced_recursive", "8:0 Read 1\nTotal 1\n");
    fake.write("blkio/x/blkio.throttle.io_service_bytes_recursive", "8:0 Read 4096\nTotal 4096\n");
    Stats stats = stats_of({fake.dir("cpu", {"cpu"}, 1), fake.dir("cpuacct", {"cpuacct"}, 1),
                            fake.dir("cpuset", {"cpuset"}, 1), fake.dir("memory", {"memory"}, 1),
                            fake.dir("pids", {"pids"}, 1), fake.dir("blkio", {"blkio"}, 1)});
    CHECK(stats.cpu.periods == 10);
    CHECK(stats.cpu.throttled_periods == 2);
    CHECK(stats.cpu.throttled_time == 300);
    CHECK(stats.cpu.total == 5000);
    CHECK(stats.cpu.user == 30'000'000);
    CHECK(stats.cpu.kernel == 40'000'000);
    CHECK(stats.cpu.per_cpu == Numbers{2000, 3000});
    CHECK(stats.cpu.per_cpu_user == Numbers{11, 13});
    CHECK(stats.cpu.per_cpu_kernel == Numbers{12, 14});
    CHECK(!stats.cpu.pressure);
    CHECK(stats.cpuset.cpus == std::vector<std::uint16_t>{0, 1});
    CHECK(stats.cpuset.sched_relax_domain_level == -1);
    CHECK(stats.memory.cache == 77);
    CHECK(stats.memory.raw ==
          std::vector<std::pair<std::string, std::uint64_t>>{{"cache", 77}, {"rss", 88}});
    CHECK(stats.memory.memory == MemoryUsage{1000, 2000, 3000, 4});
    CHECK(stats.memory.swap.usage == 1500);
    CHECK(stats.pids.current == 6);
    CHECK(stats.pids.limit == 0);
    CHECK(stats.io.serviced == Entries{{8, 0, "Read", 1}});
    CHECK(stats.io.service_bytes == Entries{{8, 0, "Read", 4096}});
}

TEST_CASE("on v1 the scheduler's own counts of block I/O go first") {
    FakeCgroup fake;
    fake.write("blkio/x/blkio.bfq.io_serviced_recursive", "8:0 Read 9\n");
    fake.write("blkio/x/blkio.bfq.io_service_bytes_recursive", "8:0 Read 10\n");
    fake.write("blkio/x/blkio.bfq.io_wait_time_recursive", "8:0 Read 11\n");
    fake.write("blkio/x/blkio.throttle.io_serviced_recursive", "8:0 Read 1\n");
    std::vector<CgroupDir> dirs = {fake.dir("blkio", {"blkio"}, 1)};
    Stats stats = stats_of(dirs);
    CHECK(stats.io.serviced == Entries{{8, 0, "Read", 9}});
    CHECK(stats.io.wait_time == Entries{{8, 0, "Read", 11}});
    // A scheduler that no device uses has empty files.
    fake.write("blkio/x/blkio.bfq.io_serviced_recursive", "");
    stats = stats_of(dirs);
    CHECK(stats.io.serviced == Entries{{8, 0, "Read", 1}});
}

TEST_CASE("v2 counts everything in one directory, reported in v1's terms") {
    FakeCgroup fake;
    fake.write("u/x/cpu.stat",
               "usage_usec 7\nuser_usec 3\nsystem_usec 4\nnr_periods 1\nnr_throttled 2\n"
               "throttled_usec 5\n");
    fake.write("u/x/cpu.pressure", "some avg10=0.50 avg60=0.00 avg300=0.00 total=9\n");
    fake.write("u/x/memory.stat", "anon 1\nfile 22\n");
    fake.write("u/x/memory.current", "1000\n");
    fake.write("u/x/memory.max", "max\n");
    fake.write("u/x/memory.peak", "1200\n");
    fake.write("u/x/memory.swap.current", "50\n");
    fake.write("u/x/memory.swap.max", "60\n");
    fake.write("u/x/io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n8:16 \n");
    fake.write("u/x/pids.current", "2\n");
    fake.write("u/x/pids.max", "100\n");
    std::vector<CgroupDir> dirs = {fake.dir("u", {"cpu", "io", "memory", "pids"}, 2)};
    Stats stats = stats_of(dirs);
    CHECK(stats.cpu.total == 7000);
    CHECK(stats.cpu.user == 3000);
    CHECK(stats.cpu.kernel == 4000);
    CHECK(stats.cpu.throttled_time == 5000);
    REQUIRE(stats.cpu.pressure);
    CHECK(stats.cpu.pressure->some.avg10 == 50);
    CHECK(stats.memory.cache == 22);
    CHECK(stats.memory.memory == MemoryUsage{1000, 1200, kUnlimited, 0});
    CHECK(stats.memory.swap == MemoryUsage{1050, 0, kUnlimited, 0});
    CHECK(stats.io.service_bytes == Entries{{8, 0, "Read", 1}, {8, 0, "Write", 2}});
    CHECK(stats.io.serviced == Entries{{8, 0, "Read", 3}, {8, 0, "Write", 4}});
    CHECK(stats.pids.limit == 100);
    fake.write("u/x/memory.max", "2000\n");
    CHECK(stats_of(dirs).memory.swap.limit == 2060);
}

TEST_CASE("a removed cgroup has zero usage") {
    FakeCgroup fake;
    fs::create_directories(fs::path(fake.dir("u", {}, 2).mountpoint));
    Stats stats = stats_of({fake.dir("u", {"cpu", "io", "memory", "pids"}, 2)});
    CHECK(stats.cpu.total == 0);
    CHECK(stats.memory.raw.empty());
    CHECK(stats.io.serviced.empty());
}

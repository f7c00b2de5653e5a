#include "runtime/cgroup/rollback.h"

#include "tests/support/catch.h"

namespace crux::cgroup {
namespace {

std::string undo(const char* file, const char* value, std::string_view content) {
    const auto setting = rollback_of({.file = file, .value = value}, content);
    return setting ? setting->value : "nothing";
}

TEST_CASE("a value is undone by what the file says") {
    CHECK(undo("memory.max", "1048576", "max\n") == "max");
    CHECK(undo("memory.limit_in_bytes", "1048576", "9223372036854771712\n") ==
          "9223372036854771712");
    CHECK(undo("cpu.max", "1000 2000", "max 100000\n") == "max 100000");
    CHECK(undo("cpuset.cpus", "0", "0-1\n") == "0-1");
    CHECK(undo("cpuset.cpus", "0", "\n") == "\n");
    CHECK(undo("memory.oom_control", "1", "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n") == "0");
}

TEST_CASE("a line for a device is undone by that line, or by the value that takes it away") {
    CHECK(undo("blkio.throttle.read_bps_device", "8:0 100", "8:16 5\n8:0 7\n") == "8:0 7");
    CHECK(undo("blkio.throttle.read_bps_device", "8:0 100", "") == "8:0 0");
    CHECK(undo("io.max", "8:0 rbps=100", "8:0 rbps=1 wbps=max riops=max wiops=2\n") ==
          "8:0 rbps=1 wbps=max riops=max wiops=2");
    CHECK(undo("io.max", "8:0 rbps=100", "8:16 rbps=1 wbps=max riops=max wiops=2\n") ==
          "8:0 rbps=max wbps=max riops=max wiops=max");
    CHECK(undo("io.bfq.weight", "8:0 100", "default 50\n8:16 7\n") == "8:0 default");
    CHECK(undo("rdma.max", "mlx5_0 hca_handle=1", "mlx5_1 hca_handle=2 hca_object=3\n") ==
          "mlx5_0 hca_handle=max hca_object=max");
}

TEST_CASE("a weight for all devices is undone by the default weight") {
    CHECK(undo("io.bfq.weight", "200", "default 50\n8:16 7\n") == "default 50");
    CHECK(undo("io.weight", "default 200", "default 50\n8:16 7\n") == "default 50");
    CHECK(undo("blkio.weight", "200", "500\n") == "500");
}

TEST_CASE("lines with other content undo nothing") {
    CHECK(undo("memory.pressure", "1", "some avg10=0\nfull avg10=0\n") == "nothing");
    CHECK(undo("memory.oom_control", "1", "") == "nothing");
}

TEST_CASE("a failed undo is only a warning") {
    const auto setting = rollback_of({.file = "pids.max", .value = "1"}, "max\n");
    REQUIRE(setting);
    CHECK(setting->on_failure == OnFailure::warn);
    CHECK(setting->when_absent == WhenAbsent::skip);
}

}  // namespace
}  // namespace crux::cgroup

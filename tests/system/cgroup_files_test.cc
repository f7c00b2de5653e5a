// Resources of config.json, read back from the kernel's files of cgroup version 1, and of version 2
// for controllers that are there.

#include <filesystem>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

using nlohmann::json;

/// A created container with these resources, and the files of its cgroups.
class Limited {
 public:
    explicit Limited(const json& resources) : container_(bundle_) {
        bundle_.patch({{"linux", {{"resources", resources}}}});
        must(container_.create());
    }

    [[nodiscard]] std::string path(const std::string& controller, const std::string& name) const {
        return *cgroup_of(container_.pid(), controller) + '/' + name;
    }
    [[nodiscard]] std::string text(const std::string& controller, const std::string& name) const {
        std::string all = read_file(path(controller, name));
        while (!all.empty() && all.back() == '\n') all.pop_back();
        return all;
    }
    [[nodiscard]] bool has(const std::string& controller, const std::string& name) const {
        return std::filesystem::exists(path(controller, name));
    }
    Container& container() { return container_; }

 private:
    Bundle bundle_;
    Container container_;
};

/// Skips unless the controller is in a hierarchy of version 1.
void need_v1(const std::string& controller) {
    need_root();
    need_controller(controller);
    if (std::filesystem::exists(*controller_mount(controller) + "/cgroup.controllers"))
        skip("needs the controller " + controller + " of cgroup v1");
}

/// Whether the file exists at the top of the controller's hierarchy; some depend on kernel options.
bool kernel_has(const std::string& controller, const std::string& name) {
    return std::filesystem::exists(*controller_mount(controller) + '/' + name);
}

TEST_CASE("v1: each memory property is in the kernel's file") {
    need_v1("memory");
    const Unchanged host;
    json memory = {{"limit", 64 << 20},
                   {"reservation", 32 << 20},
                   {"swappiness", 17},
                   {"disableOOMKiller", true},
                   {"useHierarchy", true}};
    const bool swap = kernel_has("memory", "memory.memsw.limit_in_bytes");
    if (swap) memory["swap"] = 96 << 20;
    const Limited limited(json::object({{"memory", memory}}));
    CHECK(limited.text("memory", "memory.limit_in_bytes") == "67108864");
    CHECK(limited.text("memory", "memory.soft_limit_in_bytes") == "33554432");
    CHECK(limited.text("memory", "memory.swappiness") == "17");
    CHECK(limited.text("memory", "memory.use_hierarchy") == "1");
    CHECK_THAT(limited.text("memory", "memory.oom_control"),
               Catch::StartsWith("oom_kill_disable 1\n"));
    if (swap) CHECK(limited.text("memory", "memory.memsw.limit_in_bytes") == "100663296");
    // Missing properties keep the kernel's values.
    const Limited plain(json::object());
    CHECK(plain.text("memory", "memory.limit_in_bytes") ==
          lines_of(read_file(*controller_mount("memory") + "/memory.limit_in_bytes")).front());
    CHECK_THAT(plain.text("memory", "memory.oom_control"),
               Catch::StartsWith("oom_kill_disable 0\n"));
}

TEST_CASE("v1: each CPU property is in the kernel's file") {
    need_v1("cpu");
    const Unchanged host;
    json cpu = {{"shares", 512}, {"quota", 50000}, {"period", 200000}, {"burst", 20000}};
    const bool realtime = kernel_has("cpu", "cpu.rt_runtime_us");
    if (realtime) cpu.update({{"realtimeRuntime", 5000}, {"realtimePeriod", 500000}});
    const Limited limited(json::object({{"cpu", cpu}}));
    CHECK(limited.text("cpu", "cpu.shares") == "512");
    CHECK(limited.text("cpu", "cpu.cfs_quota_us") == "50000");
    CHECK(limited.text("cpu", "cpu.cfs_period_us") == "200000");
    if (limited.has("cpu", "cpu.cfs_burst_us"))
        CHECK(limited.text("cpu", "cpu.cfs_burst_us") == "20000");
    if (realtime) {
        CHECK(limited.text("cpu", "cpu.rt_runtime_us") == "5000");
        CHECK(limited.text("cpu", "cpu.rt_period_us") == "500000");
    }
    if (!limited.has("cpu", "cpu.idle")) return;
    const Limited idle(json::object({{"cpu", {{"idle", 1}}}}));
    CHECK(idle.text("cpu", "cpu.idle") == "1");
}

TEST_CASE("v1: the processors and memory nodes are in the kernel's files") {
    need_v1("cpuset");
    const Unchanged host;
    const Limited limited(json::object({{"cpu", {{"cpus", "0"}, {"mems", "0"}}}}));
    CHECK(limited.text("cpuset", "cpuset.cpus") == "0");
    CHECK(limited.text("cpuset", "cpuset.mems") == "0");
    CHECK(status_field(limited.text("cpuset", "tasks").empty()
                           ? 0
                           : std::stoi(limited.text("cpuset", "tasks")),
                       "Cpus_allowed_list") == "0");
}

TEST_CASE("v1: each throttle is in the kernel's file") {
    need_v1("blkio");
    const Unchanged host;
    std::string numbers;
    for (const auto& disk : std::filesystem::directory_iterator("/sys/block"))
        numbers = lines_of(read_file(disk.path() / "dev")).front();
    if (numbers.empty()) skip("needs a block device");
    const auto colon = numbers.find(':');
    const auto at = [&](int rate) {
        return json::array({{{"major", std::stoi(numbers)},
                             {"minor", std::stoi(numbers.substr(colon + 1))},
                             {"rate", rate}}});
    };
    const Limited limited(json::object({{"blockIO",
                                         {{"throttleReadBpsDevice", at(1001)},
                                          {"throttleWriteBpsDevice", at(1002)},
                                          {"throttleReadIOPSDevice", at(1003)},
                                          {"throttleWriteIOPSDevice", at(1004)}}}}));
    CHECK(limited.text("blkio", "blkio.throttle.read_bps_device") == numbers + " 1001");
    CHECK(limited.text("blkio", "blkio.throttle.write_bps_device") == numbers + " 1002");
    CHECK(limited.text("blkio", "blkio.throttle.read_iops_device") == numbers + " 1003");
    CHECK(limited.text("blkio", "blkio.throttle.write_iops_device") == numbers + " 1004");
}

TEST_CASE("v1: the weight of block I/O is in the kernel's file") {
    need_v1("blkio");
    const char* const name =
        kernel_has("blkio", "blkio.bfq.weight") ? "blkio.bfq.weight" : "blkio.weight";
    const Unchanged host;
    Bundle probe;
    Container container(probe);
    must(container.create());
    if (!std::filesystem::exists(*cgroup_of(container.pid(), "blkio") + '/' + name))
        skip("needs a block I/O scheduler with weights");
    const Limited limited(json::object({{"blockIO", {{"weight", 321}}}}));
    CHECK(limited.text("blkio", name) == "321");
}

TEST_CASE("a limit that the host cannot apply is a warning, and with --strict-resources an error") {
    need_root();
    need_controller("memory");
    const Unchanged host;
    const bool is_v2 = std::filesystem::exists(*controller_mount("memory") + "/cgroup.controllers");
    if (!is_v2) {
        need_v1("blkio");
        const Limited probe(json::object());
        if (probe.has("blkio", "blkio.bfq.weight") || probe.has("blkio", "blkio.weight"))
            skip("needs cgroup v2, or a kernel without block I/O weights");
    }
    const std::string place =
        is_v2 ? "/linux/resources/memory/swappiness" : "/linux/resources/blockIO/weight";
    Bundle bundle;
    bundle.args({"/bin/sleep", "1000"}).set(place, is_v2 ? 30 : 500).write();
    Container container(bundle);
    container.global_options = {"--strict-resources"};
    const Outcome refused_create = container.create();
    CHECK(refused_create.status == 1);
    CHECK_THAT(refused_create.err, Catch::Contains(place));
    CHECK(container.status().empty());
    container.global_options = {};
    const Outcome created = container.create();
    CHECK(created.ok());
    CHECK_THAT(created.err,
               Catch::Contains("level=warning") && Catch::Contains(place + ": ignored"));
    must(container.start());
    if (is_v2) return;
    container.global_options = {"--strict-resources"};
    const Outcome refused_update =
        container.crux({"update", "--blkio-weight", "600", container.id()});
    CHECK(refused_update.status == 1);
    CHECK_THAT(refused_update.err, Catch::Contains("weight"));
    container.global_options = {};
    CHECK(container.crux({"update", "--blkio-weight", "600", container.id()}).ok());
}

TEST_CASE("v1: each limit of processes is in the kernel's file") {
    need_v1("pids");
    const Unchanged host;
    CHECK(Limited(json::object({{"pids", {{"limit", 1234}}}})).text("pids", "pids.max") == "1234");
    CHECK(Limited(json::object({{"pids", {{"limit", -1}}}})).text("pids", "pids.max") == "max");
    CHECK(Limited(json::object({{"pids", json::object()}})).text("pids", "pids.max") == "max");
}

TEST_CASE("v1: device rules are in the kernel's list") {
    need_v1("devices");
    const Unchanged host;
    const json rules = json::array(
        {{{"allow", false}, {"access", "rwm"}},
         {{"allow", true}, {"type", "c"}, {"major", 10}, {"minor", 229}, {"access", "rw"}},
         {{"allow", true}, {"type", "b"}, {"major", 7}, {"access", "r"}}});
    const Limited limited(json::object({{"devices", rules}}));
    const std::string list = limited.text("devices", "devices.list");
    CHECK_THAT(list, Catch::Contains("c 10:229 rw\n"));
    CHECK_THAT(list, Catch::Contains("b 7:* r"));
    CHECK_THAT(list, !Catch::Contains("a *:* rwm"));
}

TEST_CASE("v1: network classes and priorities are in the kernel's files") {
    need_v1("net_cls");
    need_v1("net_prio");
    const Unchanged host;
    const Limited limited(
        json::object({{"network",
                       {{"classID", 1048577},
                        {"priorities", json::array({{{"name", "lo"}, {"priority", 5}}})}}}}));
    CHECK(limited.text("net_cls", "net_cls.classid") == "1048577");
    CHECK_THAT(limited.text("net_prio", "net_prio.ifpriomap"), Catch::Contains("lo 5"));
}

TEST_CASE("hugepage limits are in the kernel's files where it has them") {
    need_root();
    need_controller("hugetlb");
    const Unchanged host;
    const Limited limited(json::object(
        {{"hugepageLimits", json::array({{{"pageSize", "2MB"}, {"limit", 8 << 20}}})}}));
    if (limited.has("hugetlb", "hugetlb.2MB.limit_in_bytes")) {
        CHECK(limited.text("hugetlb", "hugetlb.2MB.limit_in_bytes") == "8388608");
        if (limited.has("hugetlb", "hugetlb.2MB.rsvd.limit_in_bytes"))
            CHECK(limited.text("hugetlb", "hugetlb.2MB.rsvd.limit_in_bytes") == "8388608");
    } else {
        CHECK(limited.text("hugetlb", "hugetlb.2MB.max") == "8388608");
        if (limited.has("hugetlb", "hugetlb.2MB.rsvd.max"))
            CHECK(limited.text("hugetlb", "hugetlb.2MB.rsvd.max") == "8388608");
    }
}

TEST_CASE("unified writes files of the second version also on a hybrid host") {
    need_root();
    need_controller("hugetlb");
    if (std::filesystem::exists(*controller_mount("hugetlb") + "/tasks"))
        skip("needs the controller hugetlb of cgroup v2");
    const Unchanged host;
    const Limited limited(json::object({{"unified", {{"hugetlb.2MB.max", "4194304"}}}}));
    CHECK(limited.text("hugetlb", "hugetlb.2MB.max") == "4194304");
}

TEST_CASE("v1: update changes each property in the kernel's file") {
    need_v1("memory");
    need_v1("cpu");
    need_v1("pids");
    const Unchanged host;
    Limited limited(json::object({{"memory", {{"limit", 64 << 20}}},
                                  {"cpu", {{"shares", 512}, {"quota", 50000}, {"period", 100000}}},
                                  {"pids", {{"limit", 100}}}}));
    must(limited.container().crux({"update", "--memory", "33554432", "--cpu-share", "256",
                                   "--cpu-quota", "20000", "--pids-limit", "50",
                                   limited.container().id()}));
    CHECK(limited.text("memory", "memory.limit_in_bytes") == "33554432");
    CHECK(limited.text("cpu", "cpu.shares") == "256");
    CHECK(limited.text("cpu", "cpu.cfs_quota_us") == "20000");
    CHECK(limited.text("cpu", "cpu.cfs_period_us") == "100000");
    CHECK(limited.text("pids", "pids.max") == "50");
}

}  // namespace
}  // namespace crux::test

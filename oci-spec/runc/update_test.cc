#include "oci-spec/runc/update.h"

#include "oci-spec/config.h"
#include "tests/support/catch.h"

namespace crux::oci {
namespace {

Resources resources(std::string_view json) {
    ParsedResources parsed = parse_resources(json);
    REQUIRE_FALSE(parsed.diagnostics.has_errors());
    return std::move(parsed.resources);
}

std::string after(std::string_view before, std::string_view changes) {
    return resources_json(updated(resources(before), resources(changes)));
}

constexpr std::string_view kEverything =
    R"({"devices":[{"allow":false,"type":"a","access":"rwm"},)"
    R"({"allow":true,"type":"c","major":1,"minor":3,"access":"rw"}],)"
    R"("memory":{"limit":1048576,"reservation":2,"swap":-1,"kernel":3,"kernelTCP":4,)"
    R"("swappiness":5,"disableOOMKiller":true,"useHierarchy":false,"checkBeforeUpdate":true},)"
    R"("cpu":{"shares":100,"quota":2000,"burst":7,"period":10000,"realtimeRuntime":8,)"
    R"("realtimePeriod":9,"cpus":"0-1","mems":"0","idle":1},)"
    R"("blockIO":{"weight":10,"leafWeight":11,)"
    R"("weightDevice":[{"major":8,"minor":0,"weight":12,"leafWeight":13}],)"
    R"("throttleReadBpsDevice":[{"major":8,"minor":0,"rate":14}],)"
    R"("throttleWriteBpsDevice":[{"major":8,"minor":0,"rate":15}],)"
    R"("throttleReadIOPSDevice":[{"major":8,"minor":0,"rate":16}],)"
    R"("throttleWriteIOPSDevice":[{"major":8,"minor":0,"rate":17}]},)"
    R"("hugepageLimits":[{"pageSize":"2MB","limit":18}],)"
    R"("network":{"classID":19,"priorities":[{"name":"eth0","priority":20}]},)"
    R"("pids":{"limit":21},"rdma":{"mlx5_0":{"hcaHandles":22,"hcaObjects":23}},)"
    R"("unified":{"memory.high":"24"}})";

TEST_CASE("resources are written as they are read") {
    CHECK(resources_json(resources(kEverything)) == kEverything);
    CHECK(resources_json({}) == "{}");
}

TEST_CASE("an update changes what it names and nothing else") {
    CHECK(after(kEverything, "{}").size() +
              std::string_view(R"(,"checkBeforeUpdate":true)").size() ==
          kEverything.size());
    CHECK(after(R"({"memory":{"limit":1,"swap":2},"cpu":{"quota":3,"period":4}})",
                R"({"memory":{"limit":5},"cpu":{"period":6},"pids":{"limit":0}})") ==
          R"({"memory":{"limit":5,"swap":2},"cpu":{"quota":3,"period":6},"pids":{"limit":0}})");
    CHECK(after(R"({"cpu":{"cpus":"0","mems":"0"}})", R"({"cpu":{"cpus":"1"}})") ==
          R"({"cpu":{"cpus":"1","mems":"0"}})");
}

TEST_CASE("an update ignores a 0 that means not set") {
    constexpr std::string_view kBefore =
        R"({"memory":{"limit":1,"reservation":1,"swap":2},"cpu":{"shares":5,"quota":3,"period":4}})";
    CHECK(after(kBefore, R"({"memory":{"limit":0,"reservation":0,"swap":0},)"
                         R"("cpu":{"shares":0,"quota":0,"period":0}})") == kBefore);
}

TEST_CASE("an update changes limits of single devices, pages and keys one by one") {
    CHECK(after(R"({"blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":1},)"
                R"({"major":8,"minor":1,"rate":2}]}})",
                R"({"blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":1,"rate":3},)"
                R"({"major":9,"minor":0,"rate":4}]}})") ==
          R"({"blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":1},)"
          R"({"major":8,"minor":1,"rate":3},{"major":9,"minor":0,"rate":4}]}})");
    CHECK(after(R"({"blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":1},)"
                R"({"major":8,"minor":1,"rate":2},{"major":8,"minor":0,"rate":1}]}})",
                R"({"blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":3}]}})") ==
          R"({"blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":3},)"
          R"({"major":8,"minor":1,"rate":2}]}})");
    CHECK(after(R"({"hugepageLimits":[{"pageSize":"2MB","limit":1}],"unified":{"a.b":"1"}})",
                R"({"hugepageLimits":[{"pageSize":"1GB","limit":2},{"pageSize":"2MB","limit":3}],)"
                R"("unified":{"a.b":"2","c.d":"3"}})") ==
          R"({"hugepageLimits":[{"pageSize":"2MB","limit":3},{"pageSize":"1GB","limit":2}],)"
          R"("unified":{"a.b":"2","c.d":"3"}})");
}

TEST_CASE("an update names its properties") {
    CHECK(named_by(resources(R"({"memory":{"limit":1,"swap":2},"pids":{"limit":3},)"
                             R"("devices":[{"allow":true}],"unified":{"a.b":"1"}})")) ==
          std::vector<std::string>{"/devices", "/memory/limit", "/memory/swap", "/pids/limit",
                                   "/unified/a.b"});
    CHECK(named_by({}).empty());
}

TEST_CASE("device rules are replaced, and left alone where an update has none") {
    constexpr std::string_view kBefore =
        R"({"devices":[{"allow":false,"type":"a","access":"rwm"}]})";
    constexpr std::string_view kOther =
        R"({"devices":[{"allow":true,"type":"c","major":1,"minor":3,"access":"r"}]})";
    CHECK(after(kBefore, "{}") == kBefore);
    CHECK(after(kBefore, kOther) == kOther);
    CHECK(same_rules(resources(kBefore).devices, resources(kBefore).devices));
    CHECK_FALSE(same_rules(resources(kBefore).devices, resources(kOther).devices));
    CHECK_FALSE(same_rules(resources(kBefore).devices, {}));
}

TEST_CASE("memory without a limit lifts the limit of swap, an idle CPU has no shares") {
    CHECK(after(R"({"memory":{"limit":1,"swap":2}})", R"({"memory":{"limit":-1}})") ==
          R"({"memory":{"limit":-1}})");
    CHECK(after(R"({"memory":{"limit":1,"swap":2}})", R"({"memory":{"limit":-1,"swap":3}})") ==
          R"({"memory":{"limit":-1,"swap":3}})");
    CHECK(after(R"({"cpu":{"shares":7}})", R"({"cpu":{"idle":1}})") == R"({"cpu":{"idle":1}})");
    CHECK(after(R"({"cpu":{"shares":7}})", R"({"cpu":{"idle":0,"shares":8}})") ==
          R"({"cpu":{"shares":8,"idle":0}})");
}

TEST_CASE("a CPU that gets shares or a weight is no longer idle") {
    CHECK(after(R"({"cpu":{"idle":1}})", R"({"cpu":{"shares":8}})") ==
          R"({"cpu":{"shares":8,"idle":0}})");
    CHECK(after(R"({"cpu":{"idle":1}})", R"({"cpu":{"shares":8,"idle":1}})") ==
          R"({"cpu":{"shares":8,"idle":1}})");
    CHECK(after(R"({"unified":{"cpu.idle":"1"}})", R"({"unified":{"cpu.weight":"8"}})") ==
          R"({"unified":{"cpu.idle":"0","cpu.weight":"8"}})");
    CHECK(after(R"({"unified":{"cpu.idle":"1"}})", R"({"cpu":{"quota":8000}})") ==
          R"({"cpu":{"quota":8000},"unified":{"cpu.idle":"1"}})");
}

TEST_CASE("a configuration keeps everything but its resources, also unknown properties") {
    constexpr std::string_view kConfig =
        R"({"ociVersion":"1.3.0","x":[1,-2,3.50,null,true,"é\u0001"],)"
        R"("linux":{"resources":{"pids":{"limit":1}},"seccomp":{"later":{}}}})";
    const std::string text = with_resources(kConfig, resources(R"({"pids":{"limit":2}})"));
    CHECK(text ==
          "{\n\t\"ociVersion\": \"1.3.0\",\n\t\"x\": [\n\t\t1,\n\t\t-2,\n\t\t3.50,\n\t\tnull,\n"
          "\t\ttrue,\n\t\t\"é\\u0001\"\n\t],\n\t\"linux\": {\n\t\t\"resources\": {\n"
          "\t\t\t\"pids\": {\n\t\t\t\t\"limit\": 2\n\t\t\t}\n\t\t},\n"
          "\t\t\"seccomp\": {\n\t\t\t\"later\": {}\n\t\t}\n\t}\n}\n");
    CHECK(with_resources("{}", resources(R"({"pids":{"limit":3}})")) ==
          "{\n\t\"linux\": {\n\t\t\"resources\": {\n\t\t\t\"pids\": {\n\t\t\t\t\"limit\": 3\n"
          "\t\t\t}\n\t\t}\n\t}\n}\n");
}

}  // namespace
}  // namespace crux::oci

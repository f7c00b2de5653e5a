// Modes in which a property of the configuration has no effect. The numbers are those of the
// attacks in docs/security.md.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

using nlohmann::json;

/// One property of each resource that a cgroup limits, with its value.
const std::vector<std::pair<std::string, json>> kLimits = {
    {"/memory/limit", 16777216},
    {"/memory/swappiness", 0},
    {"/memory/disableOOMKiller", true},
    {"/cpu/shares", 512},
    {"/cpu/quota", 50000},
    {"/cpu/cpus", "0"},
    {"/blockIO/weight", 100},
    {"/blockIO/throttleReadBpsDevice", json::parse(R"([{"major": 8, "minor": 0, "rate": 600}])")},
    {"/hugepageLimits", json::parse(R"([{"pageSize": "2MB", "limit": 0}])")},
    {"/network/classID", 1048577},
    {"/pids/limit", 5},
    {"/rdma/mlx5_1", {{"hcaHandles", 3}}},
    {"/unified/memory.high", "1000000"},
};

const std::string kNoCgroup = "is ignored: the container has no cgroup";

/// The messages in a log of format json.
std::vector<std::string> messages(const std::string& log) {
    std::vector<std::string> out;
    for (const std::string& line : lines_of(log)) out.push_back(json::parse(line).at("msg"));
    std::ranges::sort(out);
    return out;
}

std::vector<std::string> with_log(const Bundle& bundle) {
    return {"--log", bundle.path() + "/log", "--log-format",
            "json",  "--cgroup-manager",     "disabled"};
}

void map_ids(Bundle& bundle) {
    const json map = json::array({{{"containerID", 0}, {"hostID", 100000}, {"size", 65536}}});
    bundle.name_space("user").set("/linux/uidMappings", map).set("/linux/gidMappings", map);
}

TEST_CASE("30: without a cgroup, device rules that deny something are refused") {
    need_root();
    const Unchanged host;
    const char* const rules[] = {
        R"([{"allow": false, "access": "rwm"}])",
        R"([{"allow": true, "type": "c", "major": 1, "minor": 3, "access": "rwm"}])",
        R"([{"allow": true, "access": "rwm"}, {"allow": false, "type": "b", "access": "w"}])",
        R"([{"allow": true, "type": "a", "access": "rw"}])",
    };
    for (const char* const list : rules) {
        INFO(list);
        Bundle bundle;
        bundle.set("/linux/resources/devices", json::parse(list));
        Container container(bundle);
        container.global_options = bare_errors();
        container.global_options.insert(container.global_options.end(),
                                        {"--cgroup-manager", "disabled"});
        refused_with(container.create(),
                     "device rules require a cgroup or a user namespace; --cgroup-manager is "
                     "disabled (config.json: /linux/resources/devices)");
        CHECK(container.status().empty());
    }
}

TEST_CASE("30: without a cgroup, rules that allow all devices lose nothing") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/linux/resources/devices", json::parse(R"([{"allow": true, "access": "rwm"}])"));
    Container container(bundle);
    container.global_options = with_log(bundle);
    must(container.run());
    CHECK(messages(read_file(bundle.path() + "/log")).empty());
}

TEST_CASE("30: without a cgroup, each limit is a warning with its pointer") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    map_ids(bundle);
    bundle.set("/root/readonly", false).set("/linux/cgroupsPath", "/" + our_tag() + "/none");
    std::vector<std::string> expected = {"/linux/cgroupsPath: " + kNoCgroup,
                                         "/linux/resources/devices: " + kNoCgroup};
    for (const auto& [pointer, value] : kLimits) {
        bundle.set("/linux/resources" + pointer, value);
        expected.push_back("/linux/resources" + pointer + ": " + kNoCgroup);
    }
    std::ranges::sort(expected);
    Container container(bundle);
    container.global_options = with_log(bundle);
    must(container.create());
    CHECK(messages(read_file(bundle.path() + "/log")) == expected);
}

TEST_CASE("30: without a cgroup and without rules, a warning says that no device is denied") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.remove("/linux/resources/devices");
    Container container(bundle);
    container.global_options = with_log(bundle);
    must(container.run());
    CHECK(
        messages(read_file(bundle.path() + "/log")) ==
        std::vector<std::string>{"/linux/resources/devices: without a cgroup no device is denied"});
}

TEST_CASE("30: without a mount namespace, the propagation of the root is a warning") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.without_name_space("mount")
        .set("/linux/maskedPaths", json::array())
        .set("/linux/readonlyPaths", json::array())
        .set("/linux/rootfsPropagation", "shared");
    Container container(bundle);
    container.global_options = {"--log", bundle.path() + "/log", "--log-format", "json"};
    must(container.run());
    CHECK(
        messages(read_file(bundle.path() + "/log")) ==
        std::vector<std::string>{"/linux/rootfsPropagation: is ignored without a mount namespace"});
}

TEST_CASE("30: devices below a /dev that is a bind mount are a warning") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.mount("/dev", "bind", "/dev", {"rbind", "ro"})
        .set("/linux/devices",
             json::parse(R"([{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229}])"));
    Container container(bundle);
    container.global_options = {"--log", bundle.path() + "/log", "--log-format", "json"};
    must(container.run());
    CHECK(messages(read_file(bundle.path() + "/log")) ==
          std::vector<std::string>{"/linux/devices: is ignored: /dev is a bind mount"});
}

}  // namespace
}  // namespace crux::test

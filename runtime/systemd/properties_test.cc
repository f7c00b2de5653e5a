#include "runtime/systemd/properties.h"

#include <chrono>

#include "tests/support/catch.h"

namespace crux::systemd {
namespace {

cgroup::Setting setting(std::string file, std::string value) {
    cgroup::Setting out;
    out.file = std::move(file);
    out.value = std::move(value);
    return out;
}

std::string text_of(const std::vector<Property>& properties) {
    std::string text;
    for (const Property& property : properties) text += property.name + ' ' + property.value + '\n';
    return text;
}

std::string of(const std::vector<cgroup::Setting>& settings) {
    return text_of(limit_properties(settings));
}

TEST_CASE("each limit that systemd has a property for becomes one") {
    CHECK(of({setting("memory.max", "1048576")}) == "MemoryMax t 1048576\n");
    CHECK(of({setting("memory.swap.max", "max")}) == "MemorySwapMax t 18446744073709551615\n");
    CHECK(of({setting("memory.limit_in_bytes", "-1")}) == "MemoryLimit t 18446744073709551615\n");
    CHECK(of({setting("pids.max", "5")}) == "TasksMax t 5\n");
    CHECK(of({setting("cpu.weight", "39")}) == "CPUWeight t 39\n");
    CHECK(of({setting("io.weight", "default 50")}) == "IOWeight t 50\n");
    CHECK(of({setting("io.weight", "8:0 50")}) == "IODeviceWeight a(st) 1 /dev/block/8:0 50\n");
    CHECK(of({setting("io.max", "8:0 rbps=10 wiops=max")}) ==
          "IOReadBandwidthMax a(st) 1 /dev/block/8:0 10\n"
          "IOWriteIOPSMax a(st) 1 /dev/block/8:0 18446744073709551615\n");
    CHECK(of({setting("hugetlb.2MB.max", "0"), setting("memory.oom.group", "1")}) == "");
}

TEST_CASE("processor time is given for each second, in whole percents, never less") {
    CHECK(of({setting("cpu.max", "20000 100000")}) ==
          "CPUQuotaPerSecUSec t 200000\nCPUQuotaPeriodUSec t 100000\n");
    CHECK(of({setting("cpu.max", "3333 10000")}) ==
          "CPUQuotaPerSecUSec t 340000\nCPUQuotaPeriodUSec t 10000\n");
    CHECK(of({setting("cpu.max", "max 100000")}) ==
          "CPUQuotaPerSecUSec t 18446744073709551615\nCPUQuotaPeriodUSec t 100000\n");
    CHECK(of({setting("cpu.cfs_period_us", "50000"), setting("cpu.cfs_quota_us", "25000")}) ==
          "CPUQuotaPerSecUSec t 500000\nCPUQuotaPeriodUSec t 50000\n");
}

TEST_CASE("a quota is raised to the whole percents that systemd keeps") {
    const auto rounded = [](std::vector<cgroup::Setting> settings) {
        round_up_quota(settings);
        std::string values;
        for (const cgroup::Setting& each : settings) values += each.value + ';';
        return values;
    };
    CHECK(rounded({setting("cpu.max", "20000 100000")}) == "20000 100000;");
    CHECK(rounded({setting("cpu.max", "500000 900000")}) == "504000 900000;");
    CHECK(rounded({setting("cpu.max", "12345")}) == "13000;");
    CHECK(rounded({setting("cpu.max", "max 50000")}) == "max 50000;");
    CHECK(rounded({setting("cpu.max", "18446744073709551614 1")}) == "18446744073709551614 1;");
    CHECK(rounded({setting("cpu.cfs_period_us", "50000"), setting("pids.max", "5"),
                   setting("cpu.cfs_quota_us", "25100")}) == "50000;5;25500;");
    CHECK(rounded({setting("cpu.cfs_quota_us", "-1")}) == "-1;");
    CHECK(rounded({setting("pids.max", "5")}) == "5;");
}

TEST_CASE("an idle cgroup has no weight") {
    CHECK(of({setting("cpu.weight", "5"), setting("cpu.idle", "1")}) ==
          "CPUWeight t 5\nCPUWeight t 0\n");
    CHECK(of({setting("cpu.idle", "0"), setting("cpu.weight", "5")}) ==
          "CPUWeight t 18446744073709551615\nCPUWeight t 5\n");
}

TEST_CASE("sets of processors and nodes are bits, the lowest first") {
    CHECK(of({setting("cpuset.cpus", "0-2,9")}) == "AllowedCPUs ay 2 7 2\n");
    CHECK(of({setting("cpuset.mems", "0")}) == "AllowedMemoryNodes ay 1 1\n");
    CHECK(of({setting("cpuset.cpus", "nonsense")}) == "");
    CHECK(of({setting("cpuset.cpus", "9,0-2,1,0-1")}) == "AllowedCPUs ay 2 7 2\n");
}

TEST_CASE("a set costs no more than its text and its greatest number") {
    std::string list = "0-65535";
    for (int i = 0; i < 100'000; ++i) list += ",0-65535";
    const auto begin = std::chrono::steady_clock::now();
    const std::string property = of({setting("cpuset.cpus", list)});
    CHECK(property.size() < 4 * 65536);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}

TEST_CASE("the devices of v1 are those that its lines leave allowed") {
    CHECK(of({setting("devices.deny", "a *:* rwm"), setting("devices.allow", "c *:* m"),
              setting("devices.allow", "c 136:* rwm"), setting("devices.allow", "c 1:3 rwm"),
              setting("devices.allow", "b 8:1 r"), setting("devices.allow", "c 5:0 rw"),
              setting("devices.deny", "c 5:0 w"), setting("devices.deny", "b 8:1 r")}) ==
          "DevicePolicy s strict\nDeviceAllow a(ss) 0\n"
          "DeviceAllow a(ss) 4 char-* m char-136 rwm /dev/char/1:3 rwm /dev/char/5:0 r\n");
    CHECK(of({setting("devices.deny", "a *:* rwm"), setting("devices.allow", "a *:* rwm")}) ==
          "DevicePolicy s auto\nDeviceAllow a(ss) 0\n");
    CHECK(of({setting("devices.deny", "a")}) == "DevicePolicy s strict\nDeviceAllow a(ss) 0\n");
}

TEST_CASE("annotations are properties in the text form of variants") {
    const struct {
        const char* name;
        const char* text;
        const char* property;
    } rows[] = {
        {"TimeoutStopUSec", "uint64 5", "TimeoutStopUSec t 5\n"},
        {"TimeoutStopSec", "1.5", "TimeoutStopUSec t 1500000\n"},
        {"TimeoutStopSec", "uint64 2", "TimeoutStopUSec t 2000000\n"},
        {"KillSignal", "15", "KillSignal i 15\n"},
        {"SendSIGHUP", "true", "SendSIGHUP b true\n"},
        {"CollectMode", "'inactive'", "CollectMode s inactive\n"},
        {"Description", "\"two words 100%\"", "Description s two%20words%20100%25\n"},
        {"After", "['a.service', 'b.service']", "After as 2 a.service b.service\n"},
        {"Bytes", "[byte 1, byte 2]", "Bytes ay 2 1 2\n"},
    };
    for (const auto& row : rows) {
        INFO(row.name << " = " << row.text);
        const auto properties = annotation_properties(
            {{"other", "x"}, {std::string("org.systemd.property.") + row.name, row.text}});
        REQUIRE(properties);
        CHECK(text_of(*properties) == row.property);
    }
}

TEST_CASE("an annotation that is not a property is refused with its pointer") {
    const struct {
        const char* name;
        std::string text;
    } rows[] = {{"TimeoutStopUSec", "uint64 -5"},
                {"A", "1"},
                {"Has/Slash", "1"},
                {"KillSignal", "bare"},
                {"After", "['a', 1]"},
                {"After", "['a'"},
                {"After", "[]"},
                {"Text", "'open"},
                {"TimeoutStopSec", "'x'"},
                {"Number", "byte 256"},
                {"Number", "double +1.5"},
                {"Number", "double 0x1.8"},
                {"Number", "double 1e-400"},
                {"Number", std::string("1.5\0x", 5)},
                {"Number", "1 2"},
                {"Number", ""}};
    for (const auto& row : rows) {
        INFO(row.name << " = " << row.text);
        const auto properties =
            annotation_properties({{std::string("org.systemd.property.") + row.name, row.text}});
        REQUIRE_FALSE(properties);
        CHECK_THAT(properties.error().pointer(),
                   Catch::StartsWith("/annotations/org.systemd.property."));
    }
}

}  // namespace
}  // namespace crux::systemd

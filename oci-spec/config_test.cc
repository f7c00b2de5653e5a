#include "oci-spec/config.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "oci-spec/rules.h"
#include "oci-spec/sample_test.h"
#include "tests/support/catch.h"

namespace crux::oci {
namespace {

using test::texts;

std::vector<std::string> faults(std::string_view json) {
    return texts(parse_config(json).diagnostics);
}

// A valid configuration with the given members added.
std::string with(const std::string& members) {
    return R"({"ociVersion": "1.0.2", "root": {"path": "r"}, )" + members + "}";
}

TEST_CASE("a configuration with every property is read without a fault") {
    const Parsed parsed = checked_config(test::kFullConfig);
    CHECK(texts(parsed.diagnostics) == std::vector<std::string>{});
}

TEST_CASE("the top level is read to its types") {
    const Config config = parse_config(test::kFullConfig).config;
    CHECK(config.oci_version == "1.3.0");
    CHECK(config.root.path == "rootfs");
    CHECK(config.root.readonly);
    CHECK(config.hostname == "web");
    CHECK(config.domainname == "example.org");
    REQUIRE(config.mounts.size() == 3);
    CHECK(config.mounts[0].options.empty());
    CHECK(config.mounts[1].is_bind());
    CHECK(config.mounts[1].parsed.bind == BindOption::rbind);
    CHECK(config.mounts[1].uid_mappings == std::vector<IdMapping>{{0, 5000, 100}});
    CHECK(config.mounts[1].gid_mappings == std::vector<IdMapping>{{0, 6000, 100}});
    CHECK(config.mounts[2].parsed.data == std::vector<std::string>{"mode=1777", "size=64k"});
    CHECK(config.annotations == StringMap{{"com.example.key", "value"}, {"com.example.empty", ""}});
}

TEST_CASE("two objects whose names differ in case are read as one") {
    const Parsed parsed = parse_config(with(
        R"("linux": {"resources": {"CPU": {"Cpus": "0", "shares": 7}, "cpu": {"shares": 512}}})"));
    CHECK(parsed.config.linux.resources.cpu.shares == 512);
    CHECK(parsed.config.linux.resources.cpu.cpus == "0");
    CHECK(texts(parsed.diagnostics) ==
          std::vector<std::string>{"warning: /linux/resources/CPU: is read as \"cpu\"",
                                   "warning: /linux/resources/cpu/Cpus: is read as \"cpus\"",
                                   "warning: /linux/resources/CPU/shares: is not a property of the "
                                   "specification, ignored"});
}

TEST_CASE("a key that differs in case is accepted with a warning") {
    const Parsed parsed = parse_config(
        with(R"("Hostname": "web", "linux": {"resources": {"hugepageLimits": [{"pagesize": "2MB",
             "limit": 5}]}})"));
    CHECK(parsed.config.hostname == "web");
    REQUIRE(parsed.config.linux.resources.hugepage_limits.size() == 1);
    CHECK(texts(parsed.diagnostics) ==
          std::vector<std::string>{
              "warning: /Hostname: is read as \"hostname\"",
              "warning: /linux/resources/hugepageLimits/0/pagesize: is read as \"pageSize\""});
    // If both are present, the one with the right name is used.
    const Parsed both = parse_config(with(R"("HOSTNAME": "a", "hostname": "b")"));
    CHECK(both.config.hostname == "b");
    CHECK(texts(both.diagnostics) ==
          std::vector<std::string>{
              "warning: /HOSTNAME: is not a property of the specification, ignored"});
    CHECK(faults(with(R"("HostName": 5)")).back() ==
          "error: /HostName: expected a string, not a number");
}

TEST_CASE("the process is read to its types") {
    const Config config = parse_config(test::kFullConfig).config;
    REQUIRE(config.process);
    const Process& process = *config.process;
    CHECK(process.terminal);
    REQUIRE(process.console_size);
    CHECK(process.console_size->height == 25);
    CHECK(process.console_size->width == 80);
    CHECK(process.cwd == "/work");
    CHECK(process.env == std::vector<std::string>{"PATH=/bin", "TERM=xterm"});
    CHECK(process.args == std::vector<std::string>{"sh", "-c", "true"});
    REQUIRE(process.rlimits.size() == 2);
    CHECK(process.rlimits[0].type == RlimitType::nofile);
    CHECK(process.rlimits[0].soft == 512);
    CHECK(process.rlimits[1].hard == ~std::uint64_t{0});
    REQUIRE(process.capabilities);
    CHECK(process.capabilities->bounding == ((1U << 5U) | 1U));
    CHECK(process.capabilities->ambient == (1U << 5U));
    CHECK(process.no_new_privileges);
    CHECK(process.oom_score_adj == 100);
    REQUIRE(process.scheduler);
    CHECK(process.scheduler->policy == SchedulerPolicy::fifo);
    CHECK(process.scheduler->flags == 0x05);
    REQUIRE(process.io_priority);
    CHECK(process.io_priority->class_ == IoPriorityClass::be);
    REQUIRE(process.exec_cpu_affinity);
    CHECK(process.exec_cpu_affinity->final == Ranges{{0, 3}, {7, 7}});
    CHECK(process.user.uid == 1);
    CHECK(process.user.umask == 63);
    CHECK(process.user.additional_gids == std::vector<std::uint32_t>{5, 6});
}

TEST_CASE("the Linux part is read to its types") {
    const Linux linux = parse_config(test::kFullConfig).config.linux;
    CHECK(linux.namespaces.size() == 8);
    REQUIRE(find_namespace(linux, NamespaceType::network) != nullptr);
    CHECK(find_namespace(linux, NamespaceType::network)->path == "/run/netns/a");
    REQUIRE(linux.time_offsets.boottime);
    CHECK(linux.time_offsets.boottime->secs == -5);
    REQUIRE(linux.devices.size() == 2);
    CHECK(linux.devices[0].file_mode == 0666);
    CHECK(linux.devices[1].type == DeviceType::fifo);
    REQUIRE(linux.net_devices.size() == 2);
    CHECK(linux.net_devices[0].host_name == "eth1");
    CHECK(linux.net_devices[0].name == "inner0");
    CHECK(linux.net_devices[1].name.empty());
    REQUIRE(linux.memory_policy);
    CHECK(linux.memory_policy->mode == MemoryPolicyMode::interleave);
    CHECK(linux.memory_policy->flags == 1U << 15U);
    CHECK(linux.rootfs_propagation == Propagation::rslave);
    REQUIRE(linux.personality);
    CHECK(linux.personality->domain == PersonalityDomain::linux32);
    REQUIRE(linux.intel_rdt);
    CHECK(linux.intel_rdt->enable_monitoring);
}

TEST_CASE("resources are read to their types, absence apart from zero") {
    const Resources resources = parse_config(test::kFullConfig).config.linux.resources;
    REQUIRE(resources.devices.size() == 2);
    CHECK(resources.devices[0].type == DeviceType::all);
    CHECK(resources.devices[0].access == kDeviceAllAccess);
    CHECK(resources.devices[1].major == 10U);
    CHECK_FALSE(resources.devices[1].minor.has_value());
    CHECK(resources.devices[1].access == (kDeviceRead | kDeviceWrite));
    CHECK(resources.memory.limit == 1048576);
    CHECK(resources.memory.swappiness == 0U);
    CHECK_FALSE(resources.memory.kernel.has_value());
    CHECK(resources.cpu.cpus == "0-1");
    CHECK(resources.pids.limit == 0);
    CHECK(resources.block_io.throttle_write_iops_device.at(0).rate == 603);
    CHECK(resources.rdma.at(1).device == "rxe3");
    CHECK_FALSE(resources.rdma.at(1).hca_handles.has_value());
    CHECK(resources.unified.at(0).first == "memory.high");
}

TEST_CASE("a seccomp profile is read to its types") {
    const Config config = parse_config(test::kFullConfig).config;
    REQUIRE(config.linux.seccomp);
    const Seccomp& seccomp = *config.linux.seccomp;
    CHECK(seccomp.default_action == SeccompAction::errno_);
    CHECK(seccomp.default_errno_ret == 38U);
    CHECK(seccomp.architectures == std::vector{SeccompArch::x86_64, SeccompArch::x32});
    REQUIRE(seccomp.flags);
    CHECK(*seccomp.flags == std::vector{SeccompFlag::log, SeccompFlag::wait_killable_recv});
    REQUIRE(seccomp.syscalls.size() == 3);
    CHECK(seccomp.syscalls[2].args.at(0).op == SeccompOperator::masked_eq);
    CHECK(seccomp.syscalls[2].args.at(0).value == 2114060288);
    CHECK(seccomp.syscalls[2].errno_ret == 1U);
}

TEST_CASE("hooks keep the difference between no environment and an empty one") {
    const Hooks hooks = parse_config(test::kFullConfig).config.hooks;
    CHECK(hooks.create_runtime.at(0).timeout == 5);
    CHECK_FALSE(hooks.create_container.at(0).env.has_value());
    REQUIRE(hooks.start_container.at(0).env.has_value());
    CHECK(hooks.start_container.at(0).env->empty());
    CHECK(hooks.poststop.size() == 2);
}

TEST_CASE("a minimal configuration has the defaults") {
    const Parsed parsed = parse_config(R"({"ociVersion": "1.0.0", "root": {"path": "/r"}})");
    CHECK(texts(parsed.diagnostics) == std::vector<std::string>{});
    CHECK_FALSE(parsed.config.root.readonly);
    CHECK_FALSE(parsed.config.process.has_value());
    CHECK(parsed.config.linux.rootfs_propagation == Propagation::none);
    CHECK_FALSE(parsed.config.linux.seccomp.has_value());
}

TEST_CASE("null counts as absent") {
    CHECK(
        faults(with(R"("mounts": null, "process": null, "hostname": null, "linux": {"seccomp": null,
        "namespaces": null, "resources": {"memory": {"limit": null}}})")) ==
        std::vector<std::string>{});
}

TEST_CASE("a syntax error has its line, its column and its byte") {
    struct Row {
        const char* json;
        const char* text;
    };
    const auto row = GENERATE(
        Row{"", "error: invalid JSON at line 1, column 1 (byte 0): unexpected end of text"},
        Row{"{\n  \"a\": [1,\n",
            "error: invalid JSON at line 3, column 1 (byte 13): unexpected end of text"},
        Row{"{\n  \"a\": 1,}\n",
            "error: invalid JSON at line 2, column 10 (byte 11), near \"1,}\""},
        Row{"{\"a\" 1}", "error: invalid JSON at line 1, column 6 (byte 5), near \"1\""},
        Row{"{} x", "error: invalid JSON at line 1, column 4 (byte 3), near \"{} x\""},
        Row{"[]", "error: expected an object, not an array"},
        Row{"null", "error: expected an object, not null"},
        Row{"\"x\"", "error: expected an object, not a string"});
    CHECK(faults(row.json) == std::vector<std::string>{row.text});
}

TEST_CASE("text that is not UTF-8 is not JSON") {
    const auto found = faults("{\"a\": \"\xff\"}");
    REQUIRE(found.size() == 1);
    CHECK_THAT(found[0], Catch::StartsWith("error: invalid JSON at line 1, column 8 (byte 7)") &&
                             Catch::EndsWith(": invalid UTF-8"));
}

TEST_CASE("excessive nesting is refused") {
    const std::string deep = std::string(100000, '[');
    const auto found = faults(R"({"x": )" + deep);
    REQUIRE(found.size() == 1);
    CHECK_THAT(found[0], Catch::EndsWith("is nested deeper than 64 levels"));
}

TEST_CASE("unknown properties are warnings with their place") {
    CHECK(faults(with(R"("foo": {"a": [1]}, "process": {"cwd": "/", "user": {"uid": 0, "gid": 0},
        "bar/~": 1}, "linux": {"resources": {"memory": {"limt": 1}}, "devices":
        [{"type": "p", "path": "/p", "mode": 1}]})")) ==
          std::vector<std::string>{
              "warning: /foo: is not a property of the specification, ignored",
              "warning: /process/bar~1~0: is not a property of the specification, ignored",
              "warning: /linux/resources/memory/limt: is not a property of the specification, "
              "ignored (did you mean \"limit\"?)",
              "warning: /linux/devices/0/mode: is not a property of the specification, ignored"});
}

TEST_CASE("the warning about a misspelled property suggests the right one") {
    CHECK(faults(with(R"("hostnmae": "x", "process": {"cwd": "/", "user": {"uid": 0, "gid": 0},
        "noNewPrivilege": true}, "hooks": {"prestrat": []}, "mounts": [{"destination": "/a",
        "type": "proc"}, {"destination": "/b", "type": "proc", "option": []}],
        "linux": {"MaskedPath": []}, "Process": {"foo": 1}, "processes": {})")) ==
          std::vector<std::string>{
              "warning: /Process: is read as \"process\"",
              "warning: /hostnmae: is not a property of the specification, ignored (did you mean "
              "\"hostname\"?)",
              "warning: /process/noNewPrivilege: is not a property of the specification, ignored "
              "(did you mean \"noNewPrivileges\"?)",
              "warning: /hooks/prestrat: is not a property of the specification, ignored (did you "
              "mean \"prestart\"?)",
              "warning: /mounts/1/option: is not a property of the specification, ignored (did "
              "you mean \"options\"?)",
              "warning: /linux/MaskedPath: is not a property of the specification, ignored (did "
              "you mean \"maskedPaths\"?)",
              "warning: /Process/foo: is not a property of the specification, ignored",
              // "process" is there already.
              "warning: /processes: is not a property of the specification, ignored"});
}

TEST_CASE("a misspelled clock, Landlock right or annotation of crux gets a suggestion") {
    const auto found =
        faults(with(R"("linux": {"timeOffsets": {"monotnic": {"secs": 1}}}, "annotations":
        {"org.cruxruntime.landlock": "raed:/", "org.cruxruntime.lnadlock": "read:/"})"));
    const auto has = [&](std::string_view start, std::string_view end) {
        return std::ranges::any_of(found, [&](const std::string& text) {
            return text.starts_with(start) && text.ends_with(end);
        });
    };
    CAPTURE(found);
    CHECK(has("error: /linux/timeOffsets/monotnic: ", "(did you mean \"monotonic\"?)"));
    CHECK(has("error: /annotations/org.cruxruntime.landlock: ", "(did you mean \"read\"?)"));
    CHECK(has("warning: /annotations/org.cruxruntime.lnadlock: ",
              "(did you mean \"org.cruxruntime.landlock\"?)"));
}

TEST_CASE("a document full of unknown properties is read quickly and gets only a few suggestions") {
    std::string many;
    for (int number = 0; number < 50'000; ++number)
        many += ", \"hostnmae" + std::to_string(number) + "\": 1";
    const auto begin = std::chrono::steady_clock::now();
    const auto found = faults(with("\"hostnmae\": 1" + many));
    // Far above what it takes, for a machine that is busy with something else.
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
    REQUIRE(found.size() == Diagnostics::kMost);
    const auto suggestions = std::ranges::count_if(found, [](const std::string& text) {
        return text.find("did you mean") != std::string::npos;
    });
    CHECK(suggestions > 0);
    CHECK(suggestions <= 50);
}

TEST_CASE("sections for other platforms are ignored with a warning") {
    CHECK(faults(with(R"("windows": {"layerFolders": null}, "vm": {"kernel": {"path": "/k"}},
        "process": {"commandLine": "x", "user": {"uid": 0, "gid": 0, "username": "u"}})")) ==
          std::vector<std::string>{"warning: /vm: is for another platform, ignored on Linux",
                                   "warning: /windows: is for another platform, ignored on Linux",
                                   "warning: /process/commandLine: is for Windows, ignored",
                                   "warning: /process/user/username: is for Windows, ignored"});
}

TEST_CASE("a key that is given twice is an error at its place") {
    CHECK(faults(with(
              R"("linux": {"sysctl": {"a": "1", "b": "2", "a": "3", "a": "4"}}, "hostname": "x",
        "hostname": "y")")) ==
          std::vector<std::string>{"error: /linux/sysctl/a: is given more than once",
                                   "error: /hostname: is given more than once"});
}

TEST_CASE("NUL characters are refused in texts and in keys") {
    CHECK(faults(with(R"("hostname": "a\u0000b", "annotations": {"k\u0000": "v"},
        "process": {"user": {"uid": 0, "gid": 0}, "args": ["a", "b\u0000"]})"))
              .size() == 3);
}

TEST_CASE("numbers are whole and in range, to the last one") {
    struct Row {
        const char* number;
        const char* fault;
    };
    const auto row =
        GENERATE(Row{"0", ""}, Row{"4294967295", ""}, Row{"-0", ""},
                 Row{"4294967296", "expected a whole number from 0 to 4294967295, not 4294967296"},
                 Row{"-1", "expected a whole number from 0 to 4294967295, not -1"},
                 Row{"1.0", "expected a whole number from 0 to 4294967295, not 1.0"},
                 Row{"1e3", "expected a whole number from 0 to 4294967295, not 1e3"},
                 Row{"18446744073709551616",
                     "expected a whole number from 0 to 4294967295, not 18446744073709551616"},
                 Row{"\"1\"", "expected a whole number, not a string"},
                 Row{"true", "expected a whole number, not a boolean"});
    const auto found =
        faults(with(std::string(R"("process": {"user": {"gid": 0, "uid": )") + row.number + "}}"));
    if (std::string_view(row.fault).empty())
        CHECK(found == std::vector<std::string>{});
    else
        CHECK(found ==
              std::vector<std::string>{std::string("error: /process/user/uid: ") + row.fault});
}

TEST_CASE("signed numbers keep their ends") {
    const Parsed parsed = parse_config(with(
        R"("linux": {"resources": {"memory": {"limit": -9223372036854775808, "swap": 9223372036854775807}}})"));
    CHECK(texts(parsed.diagnostics) == std::vector<std::string>{});
    CHECK(parsed.config.linux.resources.memory.limit == std::numeric_limits<std::int64_t>::min());
    CHECK(parsed.config.linux.resources.memory.swap == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("a number of -1 without a sign is one that is not set") {
    constexpr const char* kNames[] = {"cpu/shares", "cpu/burst", "cpu/period", "cpu/realtimePeriod",
                                      "memory/swappiness"};
    for (const std::string name : kNames) {
        INFO(name);
        const std::size_t slash = name.find('/');
        const std::string text =
            with(R"("linux": {"resources": {")" + name.substr(0, slash) + R"(": {")" +
                 name.substr(slash + 1) + R"(": 18446744073709551615}}})");
        const Parsed parsed = checked_config(text);
        CHECK_FALSE(parsed.diagnostics.has_errors());
        const Resources& resources = parsed.config.linux.resources;
        CHECK_FALSE(resources.cpu.shares);
        CHECK_FALSE(resources.cpu.burst);
        CHECK_FALSE(resources.cpu.period);
        CHECK_FALSE(resources.cpu.realtime_period);
        CHECK_FALSE(resources.memory.swappiness);
        CHECK(texts(parsed.diagnostics) ==
              std::vector<std::string>{"warning: /linux/resources/" + name +
                                       ": 18446744073709551615 is read as not set"});
    }
}

TEST_CASE("a limit of 0 processes is no limit before version 1.3.0") {
    const auto limit = [](const std::string& version) {
        return parse_config(
                   R"({"ociVersion": ")" + version +
                   R"(", "root": {"path": "r"}, "linux": {"resources": {"pids": {"limit": 0}}}})")
            .config.linux.resources.pids.limit;
    };
    for (const char* version : {"0.6.0", "1.0.0-rc5", "1.0.2", "1.2.1"})
        CHECK(limit(version) == -1);
    for (const char* version : {"1.3.0", "1.3.1", "1.4.0"}) CHECK(limit(version) == 0);
}

TEST_CASE("the version must be one of SemVer, of major version 1 or older") {
    struct Row {
        const char* version;
        const char* fault;
    };
    const auto row = GENERATE(
        Row{"1.0.0", ""}, Row{"1.0.2-dev", ""}, Row{"1.1.0+dev", ""}, Row{"1.3.99", ""},
        Row{"1.4.0",
            "warning: /ociVersion: version 1.4.0 is newer than 1.3.0: properties that it adds "
            "are unknown"},
        Row{"2.0.0",
            "error: /ociVersion: version 2.0.0 is not supported (supported: 1.0.0 to 1.3.0)"},
        Row{"0.5.0-dev",
            "warning: /ociVersion: version 0.5.0-dev is older than 1.0.0, and is read as 1.0.0"},
        Row{"1.0",
            "error: /ociVersion: expected a SemVer 2.0.0 version such as \"1.3.0\", not \"1.0\""},
        Row{"", "error: /ociVersion: is required"});
    const auto found =
        faults(std::string(R"({"root": {"path": "r"}, "ociVersion": ")") + row.version + "\"}");
    if (std::string_view(row.fault).empty())
        CHECK(found == std::vector<std::string>{});
    else
        CHECK(found == std::vector<std::string>{row.fault});
}

TEST_CASE("the idle class of I/O has no levels to name, the others do") {
    const auto faults_of = [](const std::string& priority) {
        return faults(with(R"("process": {"user": {"uid": 0, "gid": 0}, "cwd": "/",
            "ioPriority": )" +
                           priority + "}"));
    };
    CHECK(faults_of(R"({"class": "IOPRIO_CLASS_IDLE"})").empty());
    CHECK(faults_of(R"({"class": "IOPRIO_CLASS_BE"})") ==
          std::vector<std::string>{"error: /process/ioPriority/priority: is required"});
}

TEST_CASE("an invalid memory policy has runc's message") {
    const auto faults_of = [](const std::string& policy) {
        return faults(with(R"("linux": {"memoryPolicy": )" + policy + "}"));
    };
    CHECK(faults_of(R"({"nodes": "0"})") ==
          std::vector<std::string>{
              "error: /linux/memoryPolicy/mode: invalid memory policy mode: is required"});
    CHECK(faults_of(R"({"mode": "MPOL_LOCAL", "flags": ["odd"]})") ==
          std::vector<std::string>{
              "error: /linux/memoryPolicy/flags/0: invalid memory policy flag \"odd\" (known: "
              "MPOL_F_NUMA_BALANCING, MPOL_F_RELATIVE_NODES, MPOL_F_STATIC_NODES)"});
    CHECK(faults_of(R"({"mode": "MPOL_BIND", "nodes": "0-9876543210"})") ==
          std::vector<std::string>{
              "error: /linux/memoryPolicy/nodes: invalid memory policy node list: expected a "
              "list such as \"0-3,7\", not \"0-9876543210\""});
}

TEST_CASE("the access letter a of a device rule is ignored with a warning") {
    const Parsed parsed = parse_config(
        with(R"("linux": {"resources": {"devices": [{"allow": false, "access": "rwa"}]}})"));
    CHECK(parsed.config.linux.resources.devices.at(0).access == (kDeviceRead | kDeviceWrite));
    CHECK(texts(parsed.diagnostics) ==
          std::vector<std::string>{"warning: /linux/resources/devices/0/access: 'a' in \"rwa\" is "
                                   "not an access, ignored"});
}

TEST_CASE("unknown capabilities are warned about and kept") {
    const Parsed parsed =
        parse_config(with(R"("process": {"user": {"uid": 0, "gid": 0}, "capabilities":
        {"bounding": ["CAP_KILL", "CAP_FUTURE", "cap_kill"]}})"));
    CHECK(texts(parsed.diagnostics) ==
          std::vector<std::string>{
              "warning: /process/capabilities/bounding/1: \"CAP_FUTURE\" is not a "
              "known capability, ignored",
              "warning: /process/capabilities/bounding/2: \"cap_kill\" is not a "
              "known capability, ignored (did you mean \"CAP_KILL\"?)"});
    CHECK(parsed.config.process->capabilities->unknown ==
          std::vector<std::string>{"CAP_FUTURE", "cap_kill"});
}

TEST_CASE("missing ids are warned about") {
    CHECK(faults(with(R"("process": {"user": {}})")) ==
          std::vector<std::string>{"warning: /process/user/uid: is required, 0 is used",
                                   "warning: /process/user/gid: is required, 0 is used"});
}

TEST_CASE("several faults of one file come out in one run, in the order of the specification") {
    CHECK(
        faults(R"({"root": {}, "mounts": [{"type": 1}, {"destination": "/a", "options": ["ro", 2]}],
        "process": {"args": "x", "user": {"uid": -1, "gid": 0}}, "linux": {"namespaces": [{"type": "net"}]}})") ==
        std::vector<std::string>{
            "error: /ociVersion: is required", "error: /root/path: is required",
            "error: /mounts/0/destination: is required",
            "error: /mounts/0/type: expected a string, not a number",
            "error: /mounts/1/options/1: expected a string, not a number",
            "error: /process/args: expected an array, not a string",
            "error: /process/user/uid: expected a whole number from 0 to 4294967295, not -1",
            "error: /linux/namespaces/0/type: invalid namespace type \"net\" (known: "
            "cgroup, "
            "ipc, mount, network, pid, time, user, uts) (did you mean \"network\"?)"});
}

TEST_CASE("a profile of the shape that engines write is read") {
    std::string names = "\"openat\"";
    for (int number = 0; number < 300; ++number) names += ", \"call" + std::to_string(number) + '"';
    const Parsed parsed = checked_config(with(
        R"("linux": {"seccomp": {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1,
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], "syscalls": [
        {"names": [)" +
        names + R"(], "action": "SCMP_ACT_ALLOW"},
        {"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]},
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]}})"));
    CHECK(texts(parsed.diagnostics) == std::vector<std::string>{});
    CHECK(parsed.config.linux.seccomp->syscalls.at(0).names.size() == 301);
}

TEST_CASE("process and resources documents are parsed on their own") {
    ParsedProcess process =
        parse_process(R"({"cwd": "/", "args": ["id"], "user": {"uid": 0, "gid": 0},
        "x": 1})");
    CHECK(texts(process.diagnostics) ==
          std::vector<std::string>{"warning: /x: is not a property of the specification, ignored"});
    CHECK(process.process.args == std::vector<std::string>{"id"});
    const ParsedResources resources =
        parse_resources(R"({"memory": {"limit": "1"}, "cpu": {"shares": 2}})");
    CHECK(texts(resources.diagnostics) ==
          std::vector<std::string>{"error: /memory/limit: expected a whole number, not a string"});
    CHECK(resources.resources.cpu.shares == 2U);
}

TEST_CASE("the type of a file in a device's mode says nothing, other bits are refused") {
    const auto device = [](const char* mode) {
        return parse_config(
            with(std::string(R"("linux": {"devices": [{"type": "c", "path": "/dev/x",
            "major": 1, "minor": 3, "fileMode": )") +
                 mode + "}]}"));
    };
    CHECK(device("8630").config.linux.devices.at(0).file_mode == 0666);  // S_IFCHR | 0666
    CHECK(texts(device("67108864").diagnostics) ==
          std::vector<std::string>{"error: /linux/devices/0/fileMode: expected permission bits, in "
                                   "decimal from 0 to 4095, not 67108864"});
}

}  // namespace
}  // namespace crux::oci

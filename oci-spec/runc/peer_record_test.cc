#include "oci-spec/runc/peer_record.h"

#include "oci-spec/runc/update.h"
#include "tests/support/catch.h"

namespace crux::oci {
namespace {

constexpr std::string_view kOfRunc = R"({"id":"box","init_process_pid":17,"init_process_start":4711,
"created":"2025-01-01T00:00:00.5Z","rootless":false,
"config":{"rootfs":"/b/rootfs","version":"1.2.0","labels":["a=b=c","bundle=/b","odd"],
 "no_new_keyring":true,"namespaces":[{"type":"NEWPID","path":""},{"type":"NEWNS"},
 {"type":"NEWNET","path":"/run/netns/x"}],
 "cgroups":{"name":"box","parent":"system.slice","path":"","scope_prefix":"runc","Systemd":true,
 "memory":100,"pids_limit":5,"devices":[]},
 "Hooks":{"poststop":[{"path":"/bin/true","args":["true"],"env":["A=b"],"dir":"","timeout":1500000000},
 {"path":"/bin/false","args":null,"env":null,"timeout":null}]}},
"cgroup_paths":{"":"/sys/fs/cgroup/system.slice/runc-box.scope"},
"namespace_paths":{"NEWPID":"/proc/17/ns/pid","NEWNS":"/proc/17/ns/mnt","NEWUSER":"/proc/17/ns/user",
 "NEWNET":"/run/netns/x"},
"external_descriptors":["/dev/null","pipe:[1]","pipe:[2]"],"unknown":[]})";

TEST_CASE("the state of a container of runc is read") {
    const auto record = read_record(kOfRunc);
    REQUIRE(record);
    CHECK(record->maker == Maker::runc);
    CHECK(record->id == "box");
    CHECK(record->init_process_pid == 17);
    CHECK(record->init_process_start == 4711);
    CHECK(record->rootfs == "/b/rootfs");
    CHECK(record->bundle == "/b");
    CHECK(record->oci_version == "1.2.0");
    CHECK(record->annotations == StringMap{{"a", "b=c"}});
    CHECK(record->no_new_keyring);
    CHECK(record->own_pid_namespace);
    CHECK(record->cgroup_driver == CgroupDriver::systemd);
    CHECK(record->systemd_unit == "runc-box.scope");
    CHECK(record->namespace_paths ==
          decltype(record->namespace_paths){{NamespaceType::pid, "/proc/17/ns/pid"},
                                            {NamespaceType::mount, "/proc/17/ns/mnt"},
                                            {NamespaceType::network, "/run/netns/x"}});
    CHECK(record->cgroup_paths == StringMap{{"", "/sys/fs/cgroup/system.slice/runc-box.scope"}});
    REQUIRE(record->poststop.size() == 2);
    CHECK(record->poststop[0].args == std::vector<std::string>{"true"});
    CHECK(record->poststop[0].env == std::vector<std::string>{"A=b"});
    CHECK(record->poststop[0].timeout == 1);
    CHECK_FALSE(record->poststop[1].env);
    CHECK_FALSE(record->poststop[1].timeout);
}

TEST_CASE("a state of runc that lacks what crux needs is an error with its place") {
    const auto error_of = [](std::string_view part, std::string_view instead) {
        std::string text(kOfRunc);
        text.replace(text.find(part), part.size(), instead);
        const auto record = read_record(text);
        return record ? std::string() : record.error().message();
    };
    CHECK_THAT(error_of(R"("init_process_pid":17,)", ""), Catch::Contains("/init_process_pid"));
    CHECK_THAT(error_of(R"("init_process_pid":17)", R"("init_process_pid":-17)"),
               Catch::Contains("/init_process_pid") && Catch::Contains("negative"));
    CHECK_THAT(error_of(R"("init_process_start":4711,)", ""),
               Catch::Contains("/init_process_start"));
    CHECK_THAT(error_of(R"("bundle=/b",)", ""), Catch::Contains("/config/labels"));
    CHECK_THAT(error_of("NEWNET", "NEWTHING"), Catch::Contains("/config/namespaces/2/type"));
    CHECK_THAT(error_of(R"("/bin/true")", "1"), Catch::Contains("/config/Hooks/poststop/0/path"));
}

TEST_CASE("an update changes the resources in the state of runc, and nothing else") {
    Resources resources;
    resources.memory.limit = 200;
    resources.memory.swap = -1;
    resources.cpu.shares = 512;
    resources.cpu.cpus = "0-1";
    const std::string text = with_runc_resources(kOfRunc, resources);
    CHECK_THAT(text,
               Catch::Contains(R"("memory":200)") && Catch::Contains(R"("memory_swap":-1)") &&
                   Catch::Contains(R"("cpu_shares":512)") && Catch::Contains(R"("cpu_weight":0)") &&
                   Catch::Contains(R"("cpuset_cpus":"0-1")") &&
                   Catch::Contains(R"("pids_limit":5)") && Catch::Contains(R"("unknown":[])"));
    const auto record = read_record(text);
    REQUIRE(record);
    CHECK(record->poststop.size() == 2);
}

Config config_of(std::string_view namespaces) {
    Parsed parsed =
        parse_config(R"({"ociVersion":"1.1.0","root":{"path":"r"},"annotations":{"k":"v"},
        "hooks":{"poststop":[{"path":"/x"}]},"linux":{"namespaces":)" +
                     std::string(namespaces) + "}}");
    REQUIRE_FALSE(parsed.diagnostics.has_errors());
    return std::move(parsed.config);
}

constexpr std::string_view kOfCrun = R"({"pid":18,"process-start-time":4712,
"cgroup-path":"machine.slice/libpod-x.scope/container","scope":"libpod-x.scope","rootfs":"/r",
"systemd-cgroup":true,"bundle":"/b","created":"2025-01-01T00:00:00.500000Z","detached":true,
"external_descriptors":"[\"/dev/null\"]"})";

TEST_CASE("the status of a container of crun is read, with its configuration") {
    const auto record = read_crun_status(
        kOfCrun, "x", config_of(R"([{"type":"pid"},{"type":"network","path":"/run/netns/x"}])"));
    REQUIRE(record);
    CHECK(record->maker == Maker::crun);
    CHECK(record->id == "x");
    CHECK(record->init_process_pid == 18);
    CHECK(record->init_process_start == 4712);
    CHECK(record->cgroups_path == "/machine.slice/libpod-x.scope/container");
    CHECK(record->systemd_unit == "libpod-x.scope");
    CHECK(record->bundle == "/b");
    CHECK(record->rootfs == "/r");
    CHECK(record->detached);
    CHECK(record->oci_version == "1.1.0");
    CHECK(record->annotations == StringMap{{"k", "v"}});
    CHECK(record->has_poststop);
    CHECK(record->own_pid_namespace);
    CHECK(record->namespace_paths ==
          decltype(record->namespace_paths){{NamespaceType::pid, "/proc/18/ns/pid"},
                                            {NamespaceType::network, "/run/netns/x"}});
}

TEST_CASE("a status of crun that is not one is an error") {
    const Config config = config_of("[]");
    for (const char* text : {"", "[]", "{}", R"({"pid":"1"})", R"({"pid":-1,"rootfs":"/r"})"}) {
        INFO(text);
        const auto record = read_crun_status(text, "x", config);
        REQUIRE_FALSE(record);
        CHECK_THAT(record.error().message(), Catch::StartsWith("status: "));
    }
    CHECK_FALSE(read_crun_status(R"({"pid":18,"rootfs":"/r","bundle":"/b"})", "x", config));
}

}  // namespace
}  // namespace crux::oci

#include "oci-spec/state.h"

#include "oci-spec/runc/record.h"
#include "tests/support/catch.h"

namespace crux::oci {
namespace {

State running() {
    return {.oci_version = "1.0.2",
            .id = "web",
            .pid = 42,
            .status = Status::running,
            .bundle = "/b",
            .rootfs = "/b/rootfs",
            .created = "2026-01-02T03:04:05.000000006Z",
            .annotations = {{"z", "1"}, {"a", "2"}},
            .owner = ""};
}

TEST_CASE("the state has runc's keys in runc's order") {
    CHECK(state_json(running()) == R"({
  "ociVersion": "1.0.2",
  "id": "web",
  "pid": 42,
  "status": "running",
  "bundle": "/b",
  "rootfs": "/b/rootfs",
  "created": "2026-01-02T03:04:05.000000006Z",
  "annotations": {
    "a": "2",
    "z": "1"
  },
  "owner": ""
})");
}

TEST_CASE("a stopped container without annotations") {
    State state = running();
    state.status = Status::stopped;
    state.pid = 0;
    state.annotations.clear();
    CHECK_THAT(state_json(state), Catch::Contains("\"pid\": 0,\n  \"status\": \"stopped\""));
    CHECK_THAT(state_json(state), !Catch::Contains("annotations"));
}

TEST_CASE("a list is on one line, and null when empty") {
    CHECK(list_json({}) == "null\n");
    CHECK(list_json({running()}) ==
          R"([{"ociVersion":"1.0.2","id":"web","pid":42,"status":"running","bundle":"/b",)"
          R"("rootfs":"/b/rootfs","created":"2026-01-02T03:04:05.000000006Z",)"
          R"("annotations":{"a":"2","z":"1"},"owner":""}])"
          "\n");
}

TEST_CASE("hooks read the specification's properties only") {
    CHECK(hook_state_json(running()) ==
          R"({"ociVersion":"1.0.2","id":"web","status":"running","pid":42,"bundle":"/b",)"
          R"("annotations":{"a":"2","z":"1"}})");
    State state = running();
    state.pid = 0;
    state.status = Status::stopped;
    state.annotations.clear();
    CHECK(hook_state_json(state) ==
          R"({"ociVersion":"1.0.2","id":"web","status":"stopped","bundle":"/b"})");
}

TEST_CASE("the state in two parts is the state with the pid between them") {
    const StateAroundPid parts = hook_state_around_pid(running());
    CHECK(parts.before + "42" + parts.after == hook_state_json(running()));
}

TEST_CASE("a seccomp agent reads the container process state") {
    CHECK(seccomp_state_json(running(), running().pid, "meta") ==
          R"({"ociVersion":"1.3.0","fds":["seccompFd"],"pid":42,"metadata":"meta","state":)" +
              hook_state_json(running()) + "}");
    CHECK_THAT(seccomp_state_json(running(), running().pid, ""), !Catch::Contains("metadata"));
}

ContainerRecord full_record() {
    return {.id = "web",
            .init_process_pid = 42,
            .init_process_start = 123456789012,
            .boot_id = "1b2c",
            .pidfd_inode = 77,
            .created = "2026-01-02T03:04:05Z",
            .status = Status::created,
            .oci_version = "1.0.2",
            .bundle = "/b",
            .rootfs = "/b/rootfs",
            .annotations = {{"a", "2"}, {"z", "1"}},
            .rootless = true,
            .owner_uid = 1000,
            .cgroup_driver = CgroupDriver::systemd,
            .systemd_unit = "crux-web.scope",
            .cgroups_path = "user.slice:crux:web",
            .cgroup_paths = {{"", "/sys/fs/cgroup/x"}, {"memory", "/sys/fs/cgroup/memory/x"}},
            .namespace_paths = {{NamespaceType::pid, "/proc/42/ns/pid"},
                                {NamespaceType::network, "/run/netns/a"}},
            .intel_rdt_path = "/sys/fs/resctrl/x",
            .intel_rdt_mon_path = "/sys/fs/resctrl/x/mon_groups/web",
            .intel_rdt_made = true,
            .terminal = true,
            .detached = true,
            .no_pivot = true,
            .no_new_keyring = true,
            .external_descriptors = {"/dev/null", "pipe:[1]", "pipe:[2]"}};
}

TEST_CASE("a record is read back as it was written") {
    const std::string text = write_record(full_record());
    const Result<ContainerRecord> read = read_record(text);
    REQUIRE(read.has_value());
    CHECK(write_record(*read) == text);
    CHECK(read->init_process_start == 123456789012);
    CHECK(read->namespace_paths == full_record().namespace_paths);
    CHECK(read->cgroup_paths == full_record().cgroup_paths);
    CHECK(read->annotations == full_record().annotations);
    CHECK(read->external_descriptors == full_record().external_descriptors);
    CHECK(read->cgroup_driver == CgroupDriver::systemd);
    CHECK(read->status == Status::created);
    CHECK(read->intel_rdt_made);
    CHECK(read->owner_uid == 1000);
}

TEST_CASE("runc's keys are where its readers look") {
    const std::string text = write_record(full_record());
    for (const char* part :
         {R"("id":"web")", R"("init_process_pid":42)", R"("init_process_start":123456789012)",
          R"("config":{"rootfs":"/b/rootfs")", R"("cgroup_paths":{"":"/sys/fs/cgroup/x")",
          R"("namespace_paths":{"NEWPID":"/proc/42/ns/pid","NEWNET":"/run/netns/a"})",
          R"("labels":["a=2","z=1","bundle=/b"])"})
        CHECK_THAT(text, Catch::Contains(part));
}

TEST_CASE("a record of a later version is read, a broken one is not") {
    std::string text = write_record(full_record());
    const auto replaced = [&](std::string_view what, std::string_view with) {
        std::string out = text;
        out.replace(out.find(what), what.size(), with);
        return out;
    };
    CHECK(read_record(replaced("\"rootless\"", "\"later\":[{}],\"rootless\"")).has_value());
    struct Row {
        const char* what;
        const char* with;
        const char* message;
    };
    for (const Row& row : {
             Row{"\"id\":\"web\"", "\"id\":\"\"", "state.json: /id: is required"},
             Row{":42", ":\"42\"",
                 "state.json: /init_process_pid: expected a whole number, not a string"},
             Row{":42", ":-42", "state.json: /init_process_pid: must not be negative"},
             Row{"\"1b2c\"", "\"\"", "state.json: /crux/boot_id: is required"},
             Row{"\"NEWPID\":", "\"NEWX\":",
                 "state.json: /namespace_paths/NEWX: is not a known namespace type"},
             Row{"\"systemd\",", "\"runit\",",
                 "state.json: /crux/cgroup_driver: invalid cgroup driver \"runit\" (known: "
                 "cgroupfs, systemd)"},
         }) {
        const auto read = read_record(replaced(row.what, row.with));
        REQUIRE_FALSE(read.has_value());
        CHECK(read.error().message() == row.message);
        CHECK(read.error().kind() == Error::Kind::state);
    }
    const auto cut = read_record(std::string_view(text).substr(0, text.size() / 2));
    REQUIRE_FALSE(cut.has_value());
    CHECK_THAT(cut.error().message(), Catch::EndsWith("unexpected end of text"));
    CHECK_FALSE(read_record("").has_value());
    CHECK_FALSE(read_record("[]").has_value());
}

}  // namespace
}  // namespace crux::oci

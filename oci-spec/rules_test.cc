#include "oci-spec/rules.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "oci-spec/sample_test.h"
#include "oci-spec/vocabulary.h"
#include "tests/support/catch.h"

namespace crux::oci {
namespace {

using test::texts;

using Texts = std::vector<std::string>;

Config valid() {
    Config config;
    config.oci_version = "1.3.0";
    config.root.path = "rootfs";
    config.process = Process{.cwd = "/", .args = {"sh"}};
    config.linux.namespaces = {{NamespaceType::mount, ""}};
    return config;
}

Mount mount(std::string destination, std::string type, std::vector<std::string> options) {
    Mount out{.destination = std::move(destination), .source = "/src", .type = std::move(type)};
    out.options = std::move(options);
    return out;
}

TEST_CASE("every rule has a name of its own") {
    std::set<std::string_view> names;
    for (const auto& rule : config_rules()) CHECK(names.insert(rule.name).second);
    for (const auto& rule : process_rules()) CHECK(names.insert(rule.name).second);
    for (const auto& rule : resources_rules()) CHECK(names.insert(rule.name).second);
}

TEST_CASE("a configuration without a process is legal") {
    Config config = valid();
    config.process.reset();
    CHECK(texts(check_config(config)) == Texts{});
}

TEST_CASE("the texts that callers of runc know") {
    Config config = valid();
    config.process = Process{};
    CHECK(texts(check_config(config)) ==
          Texts{"error: /process/cwd: Cwd property must not be empty",
                "error: /process/args: args must not be empty"});
    config.process->cwd = "x";
    config.process->args = {"sh"};
    CHECK(texts(check_config(config)) ==
          Texts{"error: /process/cwd: Cwd must be an absolute path"});
}

TEST_CASE("warnings are not errors") {
    Config config = valid();
    config.mounts = {mount("data", "tmpfs", {})};
    config.process->console_size = ConsoleSize{.height = 1, .width = 2};
    const Diagnostics found = check_config(config);
    CHECK_FALSE(found.has_errors());
    CHECK(
        texts(found) ==
        Texts{
            "warning: /mounts/0/destination: relative destination path is deprecated, interpreted "
            "as relative to /",
            "warning: /process/consoleSize: is ignored without a terminal"});
}

TEST_CASE("capabilities that cannot be granted are warned about") {
    Config config = valid();
    config.process->capabilities = Capabilities{.effective = 3, .permitted = 1, .ambient = 1};
    CHECK(texts(check_config(config)) ==
          Texts{"warning: /process/capabilities/effective: contains capabilities that are not in "
                "permitted: CAP_DAC_OVERRIDE",
                "warning: /process/capabilities/ambient: can't raise ambient capability CAP_CHOWN: "
                "it must also be in the permitted and inheritable sets"});
}

TEST_CASE("a mapping of a mount goes with an option") {
    Config config = valid();
    config.mounts = {mount("/a", "none", {"bind"})};
    config.mounts[0].parsed.bind = BindOption::bind;
    config.mounts[0].uid_mappings = {{0, 1000, 1}};
    config.mounts[0].gid_mappings = {{0, 1000, 1}};
    CHECK(texts(check_config(config)) ==
          Texts{"warning: /mounts/0/options: should contain \"idmap\" or \"ridmap\": the mount has "
                "ID mappings"});
    config.mounts[0].uid_mappings.clear();
    config.mounts[0].gid_mappings.clear();
    config.mounts[0].parsed.idmap = IdMapOption::ridmap;
    CHECK(texts(check_config(config)) ==
          Texts{"error: /mounts/0/options: ID-mapped mounts require ID mappings or a user "
                "namespace"});
}

TEST_CASE("below /proc only what lxcfs gives may be mounted") {
    struct Row {
        const char* destination;
        const char* type;
        const char* fault;
    };
    const auto row = GENERATE(
        Row{"/proc", "proc", ""}, Row{"/proc/", "proc", ""}, Row{"proc", "proc", ""},
        Row{"/processes", "tmpfs", ""}, Row{"/proc/meminfo", "tmpfs", ""},
        Row{"/proc/sys/kernel/ns_last_pid", "tmpfs", ""}, Row{"/proc/../tmp", "tmpfs", ""},
        Row{"/proc", "tmpfs", "\"/proc\" cannot be mounted because it is not of type proc"},
        Row{"/proc/meminfo/x", "tmpfs",
            "\"/proc/meminfo/x\" cannot be mounted because it is inside /proc"},
        Row{"//proc//self/./attr", "tmpfs",
            "\"/proc/self/attr\" cannot be mounted because it is inside /proc"},
        Row{"/../proc/sys", "proc", "\"/proc/sys\" cannot be mounted because it is inside /proc"});
    Config config = valid();
    config.mounts = {mount(row.destination, row.type, {})};
    CAPTURE(row.destination);
    const auto errors = check_config(config).errors();
    REQUIRE(errors.size() == (std::string_view(row.fault).empty() ? 0 : 1));
    if (!errors.empty()) CHECK(errors[0].text == row.fault);
}

TEST_CASE("sysctls need the namespace that they belong to") {
    struct Row {
        const char* key;
        NamespaceType namespace_type;
        const char* fault;  // without the namespace
    };
    const auto row = GENERATE(
        Row{"kernel.msgmax", NamespaceType::ipc,
            "sysctl \"kernel.msgmax\" is not allowed in the hosts ipc namespace"},
        Row{"fs.mqueue.msg_max", NamespaceType::ipc,
            "sysctl \"fs.mqueue.msg_max\" is not allowed in the hosts ipc namespace"},
        Row{"net.ipv4.ip_forward", NamespaceType::network,
            "sysctl \"net.ipv4.ip_forward\" not allowed in host network namespace"},
        Row{"net/ipv4/conf/eno2.100/rp_filter", NamespaceType::network,
            "sysctl \"net.ipv4.conf.eno2/100.rp_filter\" not allowed in host network namespace"},
        Row{"kernel.domainname", NamespaceType::uts,
            "sysctl \"kernel.domainname\" is not in a separate kernel namespace"},
        Row{"user.max_user_namespaces", NamespaceType::user,
            "setting ucounts without a user namespace not allowed: user.max_user_namespaces"});
    Config config = valid();
    config.linux.sysctl = {{row.key, "1"}};
    const auto errors = check_config(config).errors();
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].text == row.fault);
    config.linux.namespaces = {{row.namespace_type, "/proc/9/ns/x"}};
    CHECK_FALSE(check_config(config).has_errors());
}

TEST_CASE("a sysctl cannot climb out of /proc/sys") {
    Config config = valid();
    config.linux.namespaces = {{NamespaceType::network, ""}};
    for (const char* key : {"net/../kernel/core_pattern", "net.ipv4..x", "net.", "net.a b",
                            "net/./x", "net.x/../../kernel/core_pattern", "net.ipv4.x\n"}) {
        CAPTURE(key);
        config.linux.sysctl = {{key, "1"}};
        CHECK(check_config(config).has_errors());
    }
}

TEST_CASE("a joined user namespace keeps its mappings") {
    Config config = valid();
    config.linux.namespaces = {{NamespaceType::user, "/proc/9/ns/user"}};
    CHECK(texts(check_config(config)) == Texts{});
    config.linux.uid_mappings = {{0, 1, 1}};
    config.linux.gid_mappings = {{0, 1, 1}};
    CHECK(
        texts(check_config(config)) ==
        Texts{"warning: /linux/namespaces/0: the joined user namespace keeps its own mappings; the "
              "specified ones must be equal"});
}

TEST_CASE("a user namespace needs a path or mappings") {
    Config config = valid();
    config.linux.namespaces = {{NamespaceType::user, ""}};
    CHECK(texts(check_config(config)) == Texts{"error: /linux/namespaces/0: user namespaces "
                                               "enabled, but no namespace path to join nor "
                                               "mappings to apply specified"});
}

TEST_CASE("mappings may touch and not overlap") {
    Config config = valid();
    config.linux.namespaces = {{NamespaceType::user, ""}};
    config.linux.uid_mappings = {{0, 1000, 10}, {10, 1010, 5}};
    config.linux.gid_mappings = {{0, 0, 4294967295}};
    CHECK(texts(check_config(config)) == Texts{});
    config.linux.uid_mappings = {{0, 1000, 10}, {9, 2000, 5}, {100, 1009, 1}};
    config.linux.gid_mappings = {{1, 0, 4294967295}};
    CHECK(texts(check_config(config)) ==
          Texts{"error: /linux/uidMappings/1: overlaps with entry 0 inside the container",
                "error: /linux/uidMappings/2: overlaps with entry 0 on the host",
                "error: /linux/gidMappings/0/size: exceeds the range of IDs"});
    config.linux.gid_mappings.assign(341, {0, 0, 1});
    for (std::uint32_t index = 0; index < 341; ++index)
        config.linux.gid_mappings[index] = {index, index, 1};
    config.linux.uid_mappings = {{0, 0, 1}};
    CHECK(texts(check_config(config)) ==
          Texts{"error: /linux/gidMappings: exceeds the limit of 340 entries: contains 341"});
}

TEST_CASE("the source of a mount has the length of a path") {
    Config config = valid();
    Mount mount;
    mount.destination = "/data";
    mount.type = "tmpfs";
    mount.source.assign(4095, 's');
    config.mounts = {mount};
    CHECK(texts(check_config(config)) == Texts{});
    config.mounts[0].source += 's';
    CHECK(texts(check_config(config)) ==
          Texts{"error: /mounts/0/source: exceeds the limit of 4095 bytes: has 4096"});
}

TEST_CASE("the same device twice is a warning, two at one path an error") {
    Config config = valid();
    config.linux.devices = {{DeviceType::character, "/dev/a", 1, 3},
                            {DeviceType::character, "/dev/b", 1, 3},
                            {DeviceType::block, "/dev/a", 1, 3}};
    CHECK(texts(check_config(config)) ==
          Texts{"warning: /linux/devices/1: is the same device as entry 0",
                "error: /linux/devices/2/path: \"/dev/a\" is already used for another device in "
                "entry 0"});
}

TEST_CASE("notification needs a listener and cannot be for everything") {
    Config config = valid();
    config.linux.seccomp = Seccomp{.default_action = SeccompAction::notify};
    config.linux.seccomp->listener_metadata = "m";
    config.linux.seccomp->syscalls = {
        {.names = {"open", "write"}, .action = SeccompAction::notify}};
    CHECK(
        texts(check_config(config)) ==
        Texts{
            "error: /linux/seccomp/defaultAction: SCMP_ACT_NOTIFY cannot be used as default action",
            "error: /linux/seccomp/syscalls/0/names/1: SCMP_ACT_NOTIFY cannot be used for the "
            "write "
            "syscall",
            "error: /linux/seccomp/listenerPath: is required for SCMP_ACT_NOTIFY",
            "error: /linux/seccomp/listenerMetadata: requires listenerPath"});
    config.linux.seccomp = Seccomp{.default_action = SeccompAction::allow};
    config.linux.seccomp->listener_path = "/run/x";
    config.linux.seccomp->flags = {SeccompFlag::wait_killable_recv};
    CHECK(texts(check_config(config)) ==
          Texts{"warning: /linux/seccomp/listenerPath: is ignored without SCMP_ACT_NOTIFY",
                "warning: /linux/seccomp/flags: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is ignored "
                "without SCMP_ACT_NOTIFY"});
}

TEST_CASE("an errno goes only with the actions that carry one") {
    for (const SeccompActionWord& word : kSeccompActions) {
        CAPTURE(word.name);
        Config config = valid();
        config.linux.seccomp = Seccomp{.default_action = SeccompAction::allow};
        config.linux.seccomp->listener_path = "/run/x";
        config.linux.seccomp->syscalls = {
            {.names = {"open"}, .action = word.value, .errno_ret = 1}};
        const bool takes =
            word.value == SeccompAction::errno_ || word.value == SeccompAction::trace;
        CHECK(check_config(config).has_errors() == !takes);
    }
}

TEST_CASE("three faults in one file are three errors") {
    const Parsed parsed = checked_config(R"({"ociVersion": "1.0.0", "root": {"path": "r"},
        "process": {"args": [], "cwd": "x", "user": {"uid": "0", "gid": 0}}})");
    CHECK(texts(parsed.diagnostics) ==
          Texts{"error: /process/user/uid: expected a whole number, not a string",
                "error: /process/cwd: Cwd must be an absolute path",
                "error: /process/args: args must not be empty"});
}

TEST_CASE("values that could not be read are not checked") {
    const Parsed parsed = checked_config(R"({"ociVersion": "1.0.0", "root": {"path": "r"},
        "hostname": "h", "linux": {"namespaces": [{"type": "utc"}, {"type": "pid"}],
        "seccomp": {"defaultAction": "ERRNO", "defaultErrnoRet": 1}}})");
    CHECK(parsed.diagnostics.errors().size() == 2);
}

TEST_CASE("process and resources documents are checked with pointers of their own") {
    CHECK(texts(check_process(Process{.cwd = "/"})) ==
          Texts{"error: /args: args must not be empty"});
    Resources resources;
    resources.cpu.idle = 7;
    CHECK(texts(check_resources(resources)) == Texts{"error: /cpu/idle: must be 0 or 1, not 7"});
}

TEST_CASE("zero in resources means not set where callers write it so") {
    Resources resources;
    resources.cpu.quota = 0;
    resources.cpu.period = 0;
    resources.cpu.burst = 0;
    resources.block_io.weight = 0;
    resources.memory.limit = 0;
    resources.memory.swap = 0;
    resources.pids.limit = 0;
    CHECK(texts(check_resources(resources)) == Texts{});
}

TEST_CASE("what a mount namespace or a mount on /dev makes ineffective is a warning") {
    Config config = valid();
    config.linux.rootfs_propagation = Propagation::rshared;
    config.linux.devices = {{.path = "/dev/./ptmx", .major = 5, .minor = 2}};
    CHECK(texts(check_config(config)) ==
          Texts{"warning: /linux/devices/0: is ignored: /dev/ptmx is always a link to pts/ptmx"});
    config.linux.namespaces.clear();
    config.linux.devices = {{.path = "/dev/fuse", .major = 10, .minor = 229}};
    Mount dev = mount("/x/../dev/", "none", {"rbind"});
    dev.parsed.bind = BindOption::rbind;
    config.mounts = {dev};
    CHECK(texts(check_config(config)) ==
          Texts{"warning: /linux/devices: is ignored: /dev is a bind mount",
                "warning: /linux/rootfsPropagation: is ignored without a mount namespace"});
}

}  // namespace
}  // namespace crux::oci

// update: the effect on a running container's limits, in the kernel's files and for later updates.

#include <csignal>
#include <filesystem>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/exec.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

/// A file of the container's cgroup, by its names on v1 and v2.
class LimitFile {
 public:
    LimitFile(const Container& container, const char* controller, const char* v1, const char* v2) {
        need_controller(controller);
        const std::string folder = *cgroup_of(container.pid(), controller) + '/';
        const bool is_v2 = !std::filesystem::exists(folder + v1);
        path_ = folder + (is_v2 ? v2 : v1);
    }
    [[nodiscard]] std::string text() const {
        const std::string all = read_file(path_);
        return all.substr(0, all.find('\n'));
    }

 private:
    std::string path_;
};

LimitFile memory_of(const Container& container) {
    return {container, "memory", "memory.limit_in_bytes", "memory.max"};
}
LimitFile pids_of(const Container& container) {
    return {container, "pids", "pids.max", "pids.max"};
}

/// "QUOTA PERIOD".
std::string cpu_of(const Container& container) {
    need_controller("cpu");
    if (cgroup_mode() == CgroupMode::v2)
        return LimitFile(container, "cpu", "cpu.max", "cpu.max").text();
    return LimitFile(container, "cpu", "cpu.cfs_quota_us", "").text() + ' ' +
           LimitFile(container, "cpu", "cpu.cfs_period_us", "").text();
}

Outcome update(const Container& container, std::vector<std::string> flags,
               const CommandOptions& options = {}) {
    flags.insert(flags.begin(), "update");
    flags.push_back(container.id());
    return container.crux(flags, options);
}

Outcome update_by_document(const Container& container, const nlohmann::json& document) {
    CommandOptions options;
    options.input = document.dump();
    return update(container, {"--resources", "-"}, options);
}

TEST_CASE("update changes what its flags name and nothing else") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const Sleeper container(bundle);
    must(update(container, {"--memory", "64m", "--pids-limit", "20"}));
    CHECK(memory_of(container).text() == "67108864");
    CHECK(pids_of(container).text() == "20");
    must(update(container, {"--memory", "33554432"}));
    CHECK(memory_of(container).text() == "33554432");
    CHECK(pids_of(container).text() == "20");
    must(update(container, {"--pids-limit", "-1"}));
    CHECK(pids_of(container).text() == "max");
    CHECK(container.status() == "running");
}

TEST_CASE("an idle container has no shares, and is idle no more when it gets some") {
    need_root();
    if (!kernel_is_at_least(5, 15)) skip("cpu.idle requires Linux 5.15");
    const Unchanged host;
    Bundle bundle;
    Sleeper container(bundle);
    container.global_options.clear();
    const LimitFile idle(container, "cpu", "cpu.idle", "cpu.idle");
    must(update(container, {"--cpu-idle", "1"}));
    CHECK(idle.text() == "1");
    const Outcome both = update(container, {"--cpu-idle", "1", "--cpu-share", "200"});
    CHECK(both.ok());
    CHECK_THAT(both.err, Catch::Contains("an idle cgroup has no weight, ignoring cpu."));
    CHECK(idle.text() == "1");
    must(update(container, {"--cpu-share", "200"}));
    CHECK(idle.text() == "0");
    const LimitFile shares(container, "cpu", "cpu.shares", "cpu.weight");
    CHECK_FALSE(shares.text() == (cgroup_mode() == CgroupMode::v2 ? "100" : "1024"));
}

TEST_CASE("update of a CPU's quota keeps its period, and of the period the quota") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const Sleeper container(bundle);
    must(update(container, {"--cpu-period", "50000", "--cpu-quota", "20000"}));
    CHECK(cpu_of(container) == "20000 50000");
    must(update(container, {"--cpu-quota", "30000"}));
    CHECK(cpu_of(container) == "30000 50000");
    must(update(container, {"--cpu-period", "60000"}));
    CHECK(cpu_of(container) == "30000 60000");
}

TEST_CASE("update takes a document from a file or from standard input") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const Sleeper container(bundle);
    const nlohmann::json document = {{"memory", {{"limit", 33554432}}},
                                     {"pids", {{"limit", 30}}},
                                     {"later", {{"unknown", true}}}};
    // Other flags are ignored with it.
    const std::string file = bundle.path() + "/resources.json";
    write_file(file, document.dump());
    must(update(container, {"-r", file, "--memory", "64m"}));
    CHECK(memory_of(container).text() == "33554432");
    CHECK(pids_of(container).text() == "30");
    must(update_by_document(container, {{"pids", {{"limit", 40}}}}));
    CHECK(memory_of(container).text() == "33554432");
    CHECK(pids_of(container).text() == "40");
    refused(update(container, {"-r", "/nosuch"}), "open /nosuch: no such file or directory");
    CommandOptions garbage;
    garbage.input = "{\"memory\":";
    CHECK(update(container, {"-r", "-"}, garbage).status == 1);
    CHECK(pids_of(container).text() == "40");
}

TEST_CASE("update with invalid values changes nothing") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const Sleeper container(bundle);
    must(update(container, {"--memory", "64m"}));
    const struct {
        std::vector<std::string> flags;
        const char* words;
    } cases[] = {
        {{"--memory", "32m", "--cpu-quota", "10"}, "/cpu/quota"},
        {{"--memory", "32m", "--memory-swap", "16m"}, "/memory/swap"},
        {{"--memory", "32m", "--cpu-share", "1"}, "/cpu/shares"},
        {{"--memory", "32m", "--cpuset-cpus", "x"}, "/cpu/cpus"},
        {{"--memory", "32q"}, "invalid value for memory: invalid size: '32q'"},
        {{"--memory", "32m", "--cpu-period", "-5"}, "invalid value for cpu-period"},
        {{"--memory", "32m", "--l3-cache-schema", "L3:0=f"}, "Intel RDT"},
    };
    for (const auto& entry : cases) {
        INFO(entry.words);
        // Any number can be converted to a weight of cgroup v2.
        if (entry.words == std::string_view("/cpu/shares") && cgroup_mode() == CgroupMode::v2)
            continue;
        refused_with(update(container, entry.flags), entry.words);
        CHECK(memory_of(container).text() == "67108864");
    }
}

TEST_CASE("update restores the old values when the kernel refuses a later one") {
    need_root();
    need_controller("cpu");
    const Unchanged host;
    Bundle bundle;
    // A cgroup cannot have a higher quota than its parent: the rules cannot check that.
    const std::string folder = "/" + our_tag() + "-tight";
    bundle.set("/linux/cgroupsPath", folder + "/inner");
    const Sleeper container(bundle);
    const std::string above = *controller_mount("cpu") + folder;
    if (cgroup_mode() == CgroupMode::v2) skip("cgroup v2 accepts any quota below a lower one");
    must(update(container, {"--memory", "64m", "--cpu-quota", "10000"}));
    write_file(above + "/cpu.cfs_quota_us", "20000");
    const Outcome outcome =
        update(container, {"--memory", "32m", "--cpu-quota", "50000", "--pids-limit", "9"});
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.err, Catch::Contains("invalid argument (resources: /cpu/quota)"));
    CHECK(memory_of(container).text() == "67108864");
    CHECK(cpu_of(container) == "10000 100000");
    CHECK(pids_of(container).text() == "max");
    // A later update does not know of it either.
    must(update(container, {"--pids-limit", "8"}));
    CHECK(memory_of(container).text() == "67108864");
    CHECK(cpu_of(container) == "10000 100000");
}

TEST_CASE("update of device rules holds at once, and an update without any leaves them") {
    need_root();
    need_controller("devices");
    const Unchanged host;
    Bundle bundle;
    bundle.set("/process/capabilities/bounding/-", "CAP_MKNOD")
        .set("/process/capabilities/effective/-", "CAP_MKNOD")
        .set("/process/capabilities/permitted/-", "CAP_MKNOD")
        .mount("/nodes", "tmpfs", "tmpfs", {"dev"});
    bundle.folder("/nodes");
    const Sleeper container(bundle);
    REQUIRE(container.exec_script({}, "mknod /dev/fuse c 10 229").ok());
    const auto may_open = [&] {
        const Outcome outcome = container.exec_script({}, "exec 3<>/dev/fuse");
        const bool is_refused = outcome.err.find("Operation not permitted") != std::string::npos;
        // Without a driver the node still passes the rules.
        return !is_refused;
    };
    CHECK_FALSE(may_open());
    const nlohmann::json closed = {{{"allow", false}, {"access", "rwm"}}};
    nlohmann::json open = closed;
    open.push_back(
        {{"allow", true}, {"type", "c"}, {"major", 10}, {"minor", 229}, {"access", "rwm"}});
    must(update_by_document(container, {{"devices", open}}));
    CHECK(may_open());
    must(update(container, {"--pids-limit", "30"}));
    CHECK(may_open());
    must(update_by_document(container, {{"devices", closed}}));
    CHECK_FALSE(may_open());
}

TEST_CASE("update reaches containers that wait or are paused, not those that ended") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/sleep", "1000"});
    Container container(bundle);
    container.global_options = bare_errors();
    must(container.create());
    must(update(container, {"--pids-limit", "11"}));
    CHECK(pids_of(container).text() == "11");
    must(container.start());
    if (controller_mount("freezer")) {
        must(container.pause());
        must(update(container, {"--pids-limit", "12"}));
        CHECK(container.status() == "paused");
        CHECK(pids_of(container).text() == "12");
        must(container.resume());
    }
    const pid_t pid = container.pid();
    must(container.kill());
    REQUIRE(exit_of(pid));
    refused(update(container, {"--pids-limit", "13"}), "container not running");
    refused(container.crux({"update", "nosuch", "--pids-limit", "13"}), "container does not exist");
}

TEST_CASE("update warns that kernel memory limits are ignored") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const Sleeper container(bundle);
    const std::string log = bundle.path() + "/log";
    Outcome outcome = run({crux_program(), "--root", container.root(), "--log", log, "update",
                           "--kernel-memory", "16m", container.id()});
    must(outcome);
    CHECK_THAT(read_file(log), Catch::Contains("level=warning msg=\"Kernel memory settings are "
                                               "ignored and will be removed\""));
}

}  // namespace
}  // namespace crux::test

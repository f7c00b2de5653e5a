// --systemd-cgroup: the container's cgroup is a unit of systemd, from create to delete.

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/exec.h"
#include "tests/support/facts.h"
#include "tests/support/ordinary_user.h"

namespace crux::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

bool systemd_runs() {
    return fs::exists("/run/systemd/system") && read_file("/proc/1/comm") == "systemd\n";
}

void need_systemd() {
    need_root();
    if (!systemd_runs()) skip("needs systemd as pid 1");
}

std::string without_line_end(std::string text) {
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
}

/// A container whose cgroup is a scope of the machine's systemd.
struct Managed {
    Managed() : container(bundle) {
        bundle.args({"/bin/sleep", "1000"});
        container.global_options = {"--log", "/dev/null", "--systemd-cgroup"};
    }
    [[nodiscard]] std::string unit() const { return "crux-" + container.id() + ".scope"; }
    void start() {
        must(container.create());
        must(container.start());
    }
    /// A property of the unit, in systemctl's words.
    [[nodiscard]] std::string property(const std::string& name) const {
        return property_of(unit(), name);
    }
    static std::string property_of(const std::string& unit, const std::string& name) {
        return without_line_end(run({"systemctl", "show", "--value", "-p", name, unit}).out);
    }
    /// A file of the container's cgroup, where this controller is.
    [[nodiscard]] std::string file(const std::string& controller, const std::string& name) const {
        return without_line_end(read_file(*cgroup_of(container.pid(), controller) + '/' + name));
    }
    Outcome exec_script(const std::string& script) const {
        return container.crux({"exec", container.id(), "/bin/sh", "-c", script});
    }

    Bundle bundle;
    Container container;
};

/// Nothing of the unit is left: systemd knows none of that name, and there is no cgroup of it.
bool is_gone(const std::string& unit) {
    return Managed::property_of(unit, "ActiveState") == "inactive" &&
           Managed::property_of(unit, "LoadState") == "not-found" &&
           Managed::property_of(unit, "ControlGroup").empty();
}

TEST_CASE("with --systemd-cgroup a cgroupsPath of another form is refused") {
    need_root();
    const Unchanged host;
    Managed managed;
    managed.bundle.set("/linux/cgroupsPath", "/some/path");
    refused(managed.container.create(),
            "runc create failed: expected cgroupsPath to be of format \"slice:prefix:name\" for "
            "systemd cgroups, got \"/some/path\" instead (config.json: /linux/cgroupsPath)");
    managed.bundle.set("/linux/cgroupsPath", "a--b.slice:crux:x");
    refused(managed.container.create(),
            "runc create failed: invalid slice name: a--b.slice (config.json: /linux/cgroupsPath)");
    managed.bundle.set("/linux/cgroupsPath", "system.slice:crux:a/b");
    refused_with(managed.container.create(), "systemd knows no unit of the name");
}

TEST_CASE("without systemd a container with --systemd-cgroup is refused, and nothing is left") {
    need_root();
    if (systemd_runs()) skip("needs a host without systemd");
    const Unchanged host;
    Managed managed;
    refused_with(managed.container.create(),
                 "systemd unit " + managed.unit() + ": no connection with the machine's systemd");
    CHECK_FALSE(fs::exists(managed.container.state_folder()));
}

TEST_CASE("explain tells the unit and the cgroup that systemd makes for it") {
    need_root();
    Managed managed;
    managed.bundle.set("/linux/cgroupsPath", "machine.slice:libpod:abc");
    managed.bundle.write();
    const Outcome told =
        managed.container.crux({"explain", "--bundle", managed.bundle.path(), "--format", "json"});
    INFO(told.describe());
    REQUIRE(told.ok());
    CHECK_THAT(told.out, Catch::Contains("have systemd start the unit libpod-abc.scope in "
                                         "machine.slice"));
    CHECK_THAT(told.out, Catch::Contains("/machine.slice/libpod-abc.scope"));
    CHECK_THAT(told.out, Catch::Contains("/linux/cgroupsPath"));
}

TEST_CASE("a unit is named and placed as cgroupsPath says") {
    need_systemd();
    const Unchanged host;
    const std::string top = "cruxtest" + std::to_string(::getpid());
    const std::string slice = top + "-below.slice";
    const struct {
        std::string path;
        std::string unit;
        std::string slice;
        std::string cgroup;
    } rows[] = {
        {"", "", "system.slice", "/system.slice/"},
        {":" + our_tag() + ":name", our_tag() + "-name.scope", "system.slice", "/system.slice/"},
        {"system.slice::" + our_tag(), our_tag() + ".scope", "system.slice", "/system.slice/"},
        {slice + ":a:" + our_tag(), "a-" + our_tag() + ".scope", slice,
         "/" + top + ".slice/" + slice + "/"},
    };
    for (const auto& row : rows) {
        INFO(row.path);
        Managed managed;
        if (!row.path.empty()) managed.bundle.set("/linux/cgroupsPath", row.path);
        const std::string unit = row.unit.empty() ? managed.unit() : row.unit;
        managed.start();
        CHECK(Managed::property_of(unit, "ActiveState") == "active");
        CHECK(Managed::property_of(unit, "Slice") == row.slice);
        CHECK(Managed::property_of(unit, "Delegate") == "yes");
        CHECK(Managed::property_of(unit, "ControlGroup") == row.cgroup + unit);
        CHECK_THAT(*cgroup_of(managed.container.pid(), "freezer"),
                   Catch::EndsWith(row.cgroup + unit));
        // Those who come later need not say it again.
        managed.container.global_options = bare_errors();
        const auto record =
            json::parse(read_file(managed.container.state_folder() + "/state.json"));
        CHECK(record["config"]["cgroups"]["systemd"] == true);
        must(managed.container.remove({"--force"}));
        CHECK(is_gone(unit));
    }
    CHECK(run({"systemctl", "stop", slice, top + ".slice"}).ok());
}

TEST_CASE("a container can be a slice of its own") {
    need_systemd();
    const Unchanged host;
    const std::string unit = "cruxtest" + std::to_string(::getpid()) + "slice.slice";
    Managed managed;
    managed.bundle.set("/linux/cgroupsPath", "-.slice::" + unit);
    managed.start();
    CHECK(Managed::property_of(unit, "ActiveState") == "active");
    CHECK_THAT(*cgroup_of(managed.container.pid(), "freezer"), Catch::EndsWith("/" + unit));
    must(managed.container.remove({"--force"}));
    CHECK(Managed::property_of(unit, "ActiveState") == "inactive");
}

TEST_CASE("systemd knows the limits, and a reload keeps them after an update, too") {
    need_systemd();
    if (cgroup_mode() != CgroupMode::v2) skip("needs cgroup v2");
    for (const char* controller : {"memory", "pids", "cpu", "cpuset"}) need_controller(controller);
    const Unchanged host;
    Managed managed;
    managed.bundle.set("/linux/resources/memory", {{"limit", 64 << 20}, {"swap", 64 << 20}})
        .set("/linux/resources/pids", {{"limit", 50}})
        .set("/linux/resources/cpu",
             {{"quota", 50000}, {"period", 200000}, {"shares", 512}, {"cpus", "0"}})
        .set("/linux/resources/unified", {{"memory.high", "50331648"}});
    managed.start();
    CHECK(managed.property("MemoryMax") == "67108864");
    CHECK(managed.property("MemoryHigh") == "50331648");
    CHECK(managed.property("MemorySwapMax") == "0");
    CHECK(managed.property("TasksMax") == "50");
    CHECK(managed.property("CPUQuotaPerSecUSec") == "250ms");
    CHECK(managed.property("CPUQuotaPeriodUSec") == "200ms");
    CHECK(managed.property("AllowedCPUs") == "0");
    CHECK(managed.property("CPUWeight") == managed.file("cpu", "cpu.weight"));
    const auto holds = [&](const std::string& memory, const std::string& tasks) {
        CHECK(managed.file("memory", "memory.max") == memory);
        CHECK(managed.file("memory", "memory.high") == "50331648");
        CHECK(managed.file("memory", "memory.swap.max") == "0");
        CHECK(managed.file("pids", "pids.max") == tasks);
        CHECK(managed.file("cpu", "cpu.max") == "50000 200000");
        CHECK(managed.file("cpuset", "cpuset.cpus") == "0");
    };
    holds("67108864", "50");
    must(run({"systemctl", "daemon-reload"}));
    holds("67108864", "50");
    must(managed.container.crux({"update", "--memory", "100663296", "--memory-swap", "100663296",
                                 "--pids-limit", "60", managed.container.id()}));
    CHECK(managed.property("MemoryMax") == "100663296");
    CHECK(managed.property("TasksMax") == "60");
    for (int round = 0; round < 3; ++round) must(run({"systemctl", "daemon-reload"}));
    holds("100663296", "60");
}

TEST_CASE("a limit of one process leaves room for the helper until init is there") {
    need_systemd();
    need_controller("pids");
    for (const int limit : {1, 2}) {
        const Unchanged host;
        Managed managed;
        managed.bundle.set("/linux/resources/pids", {{"limit", limit}});
        must(managed.container.create());
        CHECK(managed.file("pids", "pids.max") == std::to_string(limit));
        CHECK(managed.file("pids", "pids.current") == "1");
        CHECK(managed.property("TasksMax") == std::to_string(limit));
        must(managed.container.start());
        must(run({"systemctl", "daemon-reload"}));
        CHECK(managed.file("pids", "pids.max") == std::to_string(limit));
        CHECK(managed.container.status() == "running");
    }
}

TEST_CASE("a reload of systemd takes no device away and gives none") {
    need_systemd();
    const Unchanged host;
    Managed managed;
    managed.bundle
        .set("/linux/devices",
             {{{"path", "/dev/kmsg"}, {"type", "c"}, {"major", 1}, {"minor", 11}},
              {{"path", "/dev/other"}, {"type", "c"}, {"major", 10}, {"minor", 183}}})
        .set("/linux/resources/devices",
             {{{"allow", false}, {"access", "rwm"}},
              {{"allow", true}, {"type", "c"}, {"major", 1}, {"minor", 11}, {"access", "rw"}}});
    managed.start();
    const bool lists = cgroup_mode() != CgroupMode::v2;
    const auto listed = [&] {
        auto lines = lines_of(lists ? managed.file("devices", "devices.list") : "");
        std::ranges::sort(lines);
        return lines;
    };
    const auto before = listed();
    for (int round = 0; round < 5; ++round) {
        CHECK(listed() == before);
        const Outcome allowed = managed.exec_script(": >/dev/kmsg && : >/dev/null");
        INFO(round << allowed.describe());
        CHECK(allowed.ok());
        CHECK_THAT(managed.exec_script(": </dev/other").err,
                   Catch::Contains("Operation not permitted"));
        must(run({"systemctl", "daemon-reload"}));
    }
}

TEST_CASE("annotations are properties of the unit, and those that cannot be are refused") {
    need_systemd();
    const Unchanged host;
    {
        Managed managed;
        managed.bundle.set("/annotations", {{"org.systemd.property.TimeoutStopSec", "7"},
                                            {"org.systemd.property.Description", "'of a test'"},
                                            {"org.systemd.property.After", "['basic.target']"},
                                            {"org.systemd.property.SendSIGHUP", "true"}});
        managed.start();
        CHECK(managed.property("TimeoutStopUSec") == "7s");
        CHECK(managed.property("Description") == "of a test");
        CHECK_THAT(managed.property("After"), Catch::Contains("basic.target"));
        CHECK(managed.property("SendSIGHUP") == "yes");
    }
    const struct {
        const char* name;
        const char* text;
        const char* words;
    } rows[] = {
        {"TimeoutStopUSec", "uint64 -1", "/annotations/org.systemd.property.TimeoutStopUSec"},
        {"Nonsense", "true", "/annotations/org.systemd.property.Nonsense"},
        {"TimeoutStopUSec", "'text'", "(config.json: /annotations)"},
    };
    for (const auto& row : rows) {
        INFO(row.name << " = " << row.text);
        Managed managed;
        managed.bundle.set("/annotations",
                           {{std::string("org.systemd.property.") + row.name, row.text}});
        refused_with(managed.container.create(), row.words);
        CHECK(is_gone(managed.unit()));
    }
}

TEST_CASE("a container of systemd's that runs out of memory ends and can be deleted") {
    need_systemd();
    need_controller("memory");
    const Unchanged host;
    Managed managed;
    managed.bundle.set("/linux/resources/memory", {{"limit", 16 << 20}, {"swap", 16 << 20}})
        .script("tail /dev/zero");
    managed.start();
    CHECK(managed.container.reaches("stopped", 30s));
    must(managed.container.remove());
    CHECK(is_gone(managed.unit()));
}

TEST_CASE("a unit's name is free again as soon as its container is deleted") {
    need_systemd();
    const Unchanged host;
    Managed managed;
    for (int round = 0; round < 3; ++round) {
        INFO(round);
        managed.start();
        CHECK(managed.exec_script("echo here").out == "here\n");
        must(managed.container.pause());
        must(managed.container.resume());
        if (round == 1) {
            must(managed.container.remove({"--force"}));
        } else {
            must(managed.container.kill());
            CHECK(managed.container.reaches("stopped"));
            must(managed.container.remove());
        }
        CHECK(is_gone(managed.unit()));
    }
}

TEST_CASE("run in the foreground leaves no unit") {
    need_systemd();
    const Unchanged host;
    Managed managed;
    managed.bundle.script("echo seen; exit 3");
    const Outcome ran = managed.container.run();
    INFO(ran.describe());
    CHECK(ran.status == 3);
    CHECK(ran.out == "seen\n");
    CHECK(is_gone(managed.unit()));
}

TEST_CASE("a unit that failed before is forgotten, one that lives is not touched") {
    need_systemd();
    const Unchanged host;
    Managed managed;
    const auto scope = [&](const std::string& more) {
        return run({"systemd-run", "--scope", "--quiet", "--unit", managed.unit(), "-p", more,
                    "sleep", "1000"});
    };
    (void)scope("RuntimeMaxSec=1");
    REQUIRE(eventually([&] { return managed.property("ActiveState") == "failed"; }));
    managed.start();
    CHECK(managed.property("ActiveState") == "active");
    must(managed.container.remove({"--force"}));

    Process other({"systemd-run", "--scope", "--quiet", "--unit", managed.unit(), "sleep", "1000"});
    REQUIRE(eventually([&] { return managed.property("ActiveState") == "active"; }));
    refused_with(managed.container.create(), "systemd unit " + managed.unit() + ": ");
    must(managed.container.remove({"--force"}));
    CHECK(managed.property("ActiveState") == "active");
    CHECK_FALSE(other.ended());
    other.signal(SIGKILL);
    CHECK(other.wait().signal == SIGKILL);
    CHECK(eventually([&] { return is_gone(managed.unit()); }));
}

TEST_CASE("a create that fails or is killed leaves no unit") {
    need_systemd();
    const Unchanged host;
    Managed managed;
    const auto hook = [&](const char* script) {
        managed.bundle.set("/hooks/createRuntime",
                           json::array({{{"path", "/bin/sh"}, {"args", {"sh", "-c", script}}}}));
    };
    hook("exit 1");
    CHECK(managed.container.create().status == 1);
    CHECK(is_gone(managed.unit()));
    hook("kill -9 $PPID");
    CHECK(managed.container.create().signal == SIGKILL);
    must(managed.container.remove({"--force"}));
    CHECK(is_gone(managed.unit()));
    managed.bundle.remove("/hooks");
    managed.start();
}

TEST_CASE("a scope that somebody stopped is a stopped container") {
    need_systemd();
    const Unchanged host;
    Managed managed;
    managed.bundle.script("trap 'exit 0' TERM; sleep 1000 & wait");
    managed.start();
    must(run({"systemctl", "stop", managed.unit()}));
    CHECK(managed.container.reaches("stopped"));
    refused_with(managed.container.crux({"exec", managed.container.id(), "/bin/true"}),
                 "cannot exec in a stopped container", 255);
    CHECK(managed.container.crux({"update", "--pids-limit", "5", managed.container.id()}).status ==
          1);
    must(managed.container.remove());
    CHECK(is_gone(managed.unit()));
}

/// The program in a folder of its own, whose helper for systemd writes down how it is called.
class Counted {
 public:
    Counted() : folder_(work_folder() + "/counted") {
        fs::create_directories(folder_);
        const fs::path built = fs::path(crux_program()).parent_path();
        fs::copy_file(crux_program(), program(), fs::copy_options::overwrite_existing);
        write_file(helper(),
                   "#!/bin/sh\necho $2 >>" + folder_ + "/calls\nexec " +
                       (built / "crux-systemd").string() + " \"$@\"\n",
                   0755);
    }
    ~Counted() { fs::remove_all(folder_); }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    [[nodiscard]] std::string program() const { return folder_ + "/crux"; }
    [[nodiscard]] std::string helper() const { return folder_ + "/crux-systemd"; }
    /// The verbs since the last time, a line each.
    [[nodiscard]] std::string calls() const {
        const std::string path = folder_ + "/calls";
        const std::string text = fs::exists(path) ? read_file(path) : "";
        fs::remove(path);
        return text;
    }

 private:
    std::string folder_;
};

TEST_CASE("systemd is asked once at create and once at delete, and by nobody else") {
    need_systemd();
    const Unchanged host;
    const Counted counted;
    Managed managed;
    managed.container.program = counted.program();
    must(managed.container.create());
    CHECK(counted.calls() == "start\n");
    must(managed.container.start());
    CHECK(managed.container.status() == "running");
    must(managed.exec_script("true"));
    must(managed.container.pause());
    must(managed.container.resume());
    CHECK(managed.container.crux({"ps", "--format", "json", managed.container.id()}).ok());
    must(managed.container.kill());
    CHECK(managed.container.reaches("stopped"));
    CHECK(counted.calls() == "");
    must(managed.container.remove());
    CHECK(counted.calls() == "stop\n");
}

TEST_CASE("without the helper a container is deleted, with a warning about its unit") {
    need_systemd();
    const Unchanged host;
    const Counted counted;
    Managed managed;
    managed.container.program = counted.program();
    managed.container.global_options = {"--systemd-cgroup"};
    managed.start();
    fs::remove(counted.helper());
    const Outcome removed = managed.container.remove({"--force"});
    INFO(removed.describe());
    CHECK(removed.ok());
    CHECK_THAT(removed.err, Catch::Contains("systemd was not told that the unit " + managed.unit() +
                                            " has ended"));
    CHECK_FALSE(fs::exists(managed.container.state_folder()));
    // systemd may have seen by itself that it is empty.
    (void)run({"systemctl", "stop", managed.unit()});
    CHECK(is_gone(managed.unit()));
}

TEST_CASE("an ordinary user's container is a scope of that user's systemd") {
    if (::geteuid() == 0) skip("needs an ordinary user with a manager of systemd");
    const char* folder = std::getenv("XDG_RUNTIME_DIR");
    if (folder == nullptr || !fs::exists(std::string(folder) + "/systemd/private"))
        skip("needs an ordinary user with a manager of systemd");
    const Unchanged host;
    const OrdinaryUser user;
    Bundle bundle;
    user.adapt(bundle);
    bundle.args({"/bin/sleep", "1000"})
        .set("/linux/resources", {{"pids", {{"limit", 20}}}, {"memory", {{"limit", 64 << 20}}}});
    Container container(bundle);
    container.use_root(user.folder() + "/state");
    container.global_options = {"--log", "/dev/null", "--systemd-cgroup"};
    const std::string unit = "crux-" + container.id() + ".scope";
    const auto property = [&](const std::string& name) {
        return without_line_end(
            run({"systemctl", "--user", "show", "--value", "-p", name, unit}).out);
    };
    for (int round = 0; round < 2; ++round) {
        must(container.create());
        must(container.start());
        CHECK(property("ActiveState") == "active");
        CHECK(property("Slice") == "user.slice");
        CHECK(property("TasksMax") == "20");
        CHECK(property("MemoryMax") == "67108864");
        const std::string cgroup = *cgroup_of(container.pid(), "pids");
        CHECK_THAT(cgroup, Catch::EndsWith("/user.slice/" + unit));
        CHECK(read_file(cgroup + "/pids.max") == "20\n");
        must(container.crux({"update", "--pids-limit", "30", container.id()}));
        must(run({"systemctl", "--user", "daemon-reload"}));
        CHECK(property("TasksMax") == "30");
        CHECK(read_file(cgroup + "/pids.max") == "30\n");
        CHECK(container.crux({"exec", container.id(), "/bin/echo", "here"}).out == "here\n");
        must(container.remove({"--force"}));
        CHECK(property("LoadState") == "not-found");
    }
}

}  // namespace
}  // namespace crux::test

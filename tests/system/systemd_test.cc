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
#include "tests/support/managed.h"
#include "tests/support/ordinary_user.h"

namespace crux::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

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
    refused_with(managed.container.create(), "invalid systemd unit name");
    managed.bundle.remove("/linux/cgroupsPath")
        .set("/annotations", {{"run.oci.systemd.subgroup", "../other"}});
    refused_with(managed.container.create(),
                 "\"../other\" is not a valid cgroup below the unit: must be one or more names "
                 "separated by slashes (config.json: /annotations/run.oci.systemd.subgroup)");
}

TEST_CASE("explain shows the unit and the cgroup that systemd makes for it") {
    need_root();
    Managed managed;
    managed.bundle.set("/linux/cgroupsPath", "machine.slice:libpod:abc");
    managed.bundle.write();
    const Outcome told =
        managed.container.crux({"explain", "--bundle", managed.bundle.path(), "--format", "json"});
    INFO(told.describe());
    REQUIRE(told.ok());
    CHECK_THAT(told.out, Catch::Contains("ask systemd to start the unit libpod-abc.scope in "
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
        // Later commands do not need the flag again.
        managed.container.global_options = bare_errors();
        const auto record =
            json::parse(read_file(managed.container.state_folder() + "/state.json"));
        CHECK(record["config"]["cgroups"]["systemd"] == true);
        must(managed.container.remove({"--force"}));
        CHECK(is_gone(unit));
    }
    CHECK(run({"systemctl", "stop", slice, top + ".slice"}).ok());
}

TEST_CASE("crun's annotation puts the container into a cgroup below its scope's") {
    need_systemd();
    for (const char* controller : {"memory", "pids"}) need_controller(controller);
    const Unchanged host;
    for (const std::string name : {"container", "a/b"}) {
        INFO(name);
        Managed managed;
        managed.bundle.set("/annotations", {{"run.oci.systemd.subgroup", name}})
            .set("/linux/resources/memory", {{"limit", 64 << 20}})
            .set("/linux/resources/pids", {{"limit", 2}});
        managed.start();
        const std::string cgroup = *cgroup_of(managed.container.pid(), "pids");
        CHECK_THAT(cgroup, Catch::EndsWith("/system.slice/" + managed.unit() + "/" + name));
        CHECK(managed.property("ControlGroup") == "/system.slice/" + managed.unit());
        CHECK(managed.property("TasksMax") == "2");
        CHECK(managed.file("pids", "pids.max") == "2");
        CHECK(managed.exec_script("echo here").out == "here\n");
        must(managed.container.crux({"update", "--pids-limit", "60", managed.container.id()}));
        must(run({"systemctl", "daemon-reload"}));
        CHECK(managed.property("TasksMax") == "60");
        CHECK(managed.file("pids", "pids.max") == "60");
        CHECK(managed.property("MemoryMax") == "67108864");
        must(managed.container.pause());
        must(managed.container.resume());
        must(managed.container.kill());
        CHECK(managed.container.reaches("stopped"));
        must(managed.container.remove());
        CHECK(is_gone(managed.unit()));
    }
    Managed managed;
    managed.bundle.set("/annotations", {{"run.oci.systemd.subgroup", ""}});
    managed.start();
    CHECK_THAT(*cgroup_of(managed.container.pid(), "pids"), Catch::EndsWith(managed.unit()));
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

TEST_CASE("annotations are properties of the unit, and invalid ones are refused") {
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

TEST_CASE("a container of systemd that is out of memory ends and can be deleted") {
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

TEST_CASE("a unit that failed before is reset, an active one is not changed") {
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

TEST_CASE("a scope that another program stopped is a stopped container") {
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

TEST_CASE("without the helper a container is deleted, with a warning about its unit") {
    need_systemd();
    const Unchanged host;
    const std::string folder = work_folder() + "/alone";
    fs::create_directories(folder);
    fs::copy_file(crux_program(), folder + "/crux", fs::copy_options::overwrite_existing);
    Managed managed;
    managed.container.global_options = {"--systemd-cgroup"};
    managed.start();
    managed.container.program = folder + "/crux";
    const Outcome removed = managed.container.remove({"--force"});
    INFO(removed.describe());
    CHECK(removed.ok());
    CHECK_THAT(removed.err, Catch::Contains("systemd still has the unit " + managed.unit() + ": "));
    CHECK_FALSE(fs::exists(managed.container.state_folder()));
    fs::remove_all(folder);
    // systemd may have noticed by itself that it is empty.
    (void)run({"systemctl", "stop", managed.unit()});
    CHECK(is_gone(managed.unit()));
}

TEST_CASE("an unprivileged user's container is a scope of that user's systemd") {
    if (::geteuid() == 0) skip("needs an unprivileged user with a systemd user manager");
    const char* folder = std::getenv("XDG_RUNTIME_DIR");
    if (folder == nullptr || !fs::exists(std::string(folder) + "/systemd/private"))
        skip("needs an unprivileged user with a systemd user manager");
    // systemd keeps a slice once it is started, like system.slice on every host.
    must(run({"systemctl", "--user", "start", "user.slice"}));
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

// What create, restore and run report of their acts on the host is what explain promises, in its
// order.

#include <sys/stat.h>

#include <algorithm>
#include <iostream>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/criu.h"
#include "tests/support/facts.h"
#include "tests/support/host_acts.h"

namespace crux::test {
namespace {

bool anywhere() {
    return true;
}

/// One configuration, and what a host must have for it.
struct Scene {
    const char* name;
    void (*dress)(Bundle& bundle);
    bool (*possible)() = anywhere;
    std::vector<std::string> options = {};
    /// Restore accepts such a container, and so does CRIU, which reads its images as the
    /// container's root, and needs the numbers of the processes to be free.
    bool restorable = true;
};

const CommandOptions kOfCriu = {.timeout = 60s};

bool has_resctrl() {
    struct ::stat status{};
    return ::stat("/sys/fs/resctrl/schemata", &status) == 0;
}

bool has_systemd() {
    struct ::stat status{};
    return ::stat("/run/systemd/system", &status) == 0;
}

void map_ids(Bundle& bundle) {
    bundle.name_space("user")
        .set("/linux/uidMappings", {{{"containerID", 0}, {"hostID", 100000}, {"size", 1000}}})
        .set("/linux/gidMappings", {{{"containerID", 0}, {"hostID", 200000}, {"size", 1000}}});
    REQUIRE(run({"chown", "-R", "100000:200000", bundle.rootfs()}).ok());
    REQUIRE(::chmod(bundle.path().c_str(), 0755) == 0);
}

const std::vector<Scene>& scenes() {
    static const std::vector<Scene> all = {
        {"the default", [](Bundle&) {}},
        {"limits of memory, CPU and processes",
         [](Bundle& bundle) {
             bundle.set("/linux/resources/memory/limit", 64 << 20)
                 .set("/linux/resources/cpu/shares", 512)
                 .set("/linux/resources/pids/limit", 100);
         }},
        {"device rules",
         [](Bundle& bundle) {
             bundle.set("/linux/resources/devices",
                        {{{"allow", false}, {"access", "rwm"}},
                         {{"allow", true}, {"type", "c"}, {"major", 1}, {"access", "rwm"}}});
         }},
        {"hooks of both sides",
         [](Bundle& bundle) {
             for (const char* moment :
                  {"prestart", "createRuntime", "createContainer", "poststart", "poststop"})
                 bundle.set(std::string("/hooks/") + moment, {{{"path", "/bin/true"}}});
         }},
        {"a user namespace", map_ids, anywhere, {}, false},
        {"a user namespace and an OOM score",
         [](Bundle& bundle) {
             map_ids(bundle);
             bundle.set("/process/oomScoreAdj", 200);
         },
         anywhere,
         {},
         false},
        {"a joined network namespace",
         [](Bundle& bundle) { bundle.name_space("network", "/proc/self/ns/net"); }},
        {"a joined pid namespace",
         [](Bundle& bundle) { bundle.name_space("pid", "/proc/self/ns/pid"); },
         anywhere,
         {},
         false},
        {"a bind mount of the host",
         [](Bundle& bundle) { bundle.mount("/srv", "bind", bundle.path(), {"rbind", "ro"}); }},
        {"no mount namespace, mounts below the root",
         [](Bundle& bundle) {
             bundle.without_name_space("mount")
                 .set("/linux/maskedPaths", nlohmann::json::array())
                 .set("/linux/readonlyPaths", nlohmann::json::array());
         },
         anywhere,
         {},
         false},
        // On cgroup v1 CRIU saves no container that is in its caller's cgroup.
        {"no cgroup",
         [](Bundle& bundle) { bundle.remove("/linux/resources/devices"); },
         anywhere,
         {"--cgroup-manager", "disabled"},
         false},
        {"a class of service",
         [](Bundle& bundle) {
             bundle.set("/linux/intelRdt", {{"closID", our_tag()}, {"l3CacheSchema", "L3:0=f"}});
         },
         has_resctrl},
        {"a unit of systemd",
         [](Bundle& bundle) {
             bundle.set("/linux/cgroupsPath", "system.slice:crux-test:" + our_tag());
         },
         has_systemd,
         {"--systemd-cgroup"}},
    };
    return all;
}

/// The bundle of a scene, with a cgroup that the id has no part in.
void dress(Bundle& bundle, const Scene& scene) {
    bundle.set("/linux/cgroupsPath", "/" + our_tag() + "/acts").args({"/bin/true"});
    scene.dress(bundle);
}

TEST_CASE("create reports the acts on the host that explain promises, in its order") {
    need_root();
    int compared = 0;
    for (const Scene& scene : scenes()) {
        if (!scene.possible()) {
            std::cout << "not possible here: " << scene.name << "\n";
            continue;
        }
        Bundle bundle;
        dress(bundle, scene);
        Container container(bundle);
        container.global_options = scene.options;
        const std::vector<HostAct> explained = explained_acts(container, bundle);
        container.global_options.emplace_back("--debug");
        const Outcome created = container.create();
        INFO(scene.name << "\n" << created.describe());
        REQUIRE(created.ok());
        CHECK(explained.size() >= 4);
        CHECK(difference(explained, reported_acts(created.err)) == "");
        container.global_options = scene.options;
        must(container.remove({"--force"}));
        ++compared;
    }
    CHECK(compared >= 10);
}

TEST_CASE("run reports the acts of create, start and delete, in explain's order") {
    need_root();
    for (const Scene& scene : scenes()) {
        if (!scene.possible()) continue;
        Bundle bundle;
        dress(bundle, scene);
        Container container(bundle);
        container.global_options = scene.options;
        const std::vector<HostAct> explained = explained_acts(container, bundle, true);
        container.global_options.emplace_back("--debug");
        const Outcome ran = container.run({"--pid-file", bundle.path() + "/pid"});
        INFO(scene.name << "\n" << ran.describe());
        REQUIRE(ran.ok());
        CHECK(difference(explained, reported_acts(ran.err)) == "");
    }
}

/// The last lines of an output with --debug.
std::string end_of(const Outcome& outcome) {
    constexpr std::size_t kMost = 1000;
    return outcome.err.substr(outcome.err.size() - std::min(outcome.err.size(), kMost));
}

/// Makes the images of a container with this configuration, in a directory of its bundle.
void make_images(Container& container, const Bundle& bundle) {
    must(container.create());
    must(container.start());
    const Outcome saved = container.crux(
        {"checkpoint", "--image-path", bundle.path() + "/images", container.id()}, kOfCriu);
    INFO(end_of(saved));
    CHECK(saved.ok());
}

TEST_CASE("restore reports the acts of create, without those for init, in explain's order") {
    need_criu();
    int compared = 0;
    for (const Scene& scene : scenes()) {
        if (!scene.restorable || !scene.possible()) continue;
        Bundle bundle;
        dress(bundle, scene);
        bundle.args({"/bin/sleep", "1000"});
        Container container(bundle);
        container.global_options = scene.options;
        const std::vector<HostAct> explained = acts_of_restore(explained_acts(container, bundle));
        INFO(scene.name);
        make_images(container, bundle);
        container.global_options.emplace_back("--debug");
        const Outcome restored = container.crux(
            {"restore", "--detach", "--bundle", bundle.path(), "--image-path",
             bundle.path() + "/images", "--pid-file", bundle.path() + "/restored", container.id()},
            kOfCriu);
        INFO(end_of(restored));
        CHECK(restored.ok());
        CHECK(explained.size() >= 3);
        CHECK(difference(explained, reported_acts(restored.err)) == "");
        container.global_options = scene.options;
        must(container.remove({"--force"}));
        ++compared;
    }
    CHECK(compared >= 6);
}

TEST_CASE("two acts that change places are a difference") {
    const std::vector<HostAct> explained = {{"cgroup", "make the cgroup /a"},
                                            {"fifo", "make exec.fifo"}};
    CHECK(difference(explained, {{"cgroup", "/a"}, {"fifo", "exec.fifo"}}).empty());
    CHECK_FALSE(difference(explained, {{"fifo", "exec.fifo"}, {"cgroup", "/a"}}).empty());
    CHECK_FALSE(difference(explained, {{"cgroup", "/b"}, {"fifo", "exec.fifo"}}).empty());
    CHECK_FALSE(difference(explained, {{"cgroup", "/a"}}).empty());
}

}  // namespace
}  // namespace crux::test

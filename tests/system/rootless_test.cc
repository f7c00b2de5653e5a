// Containers of an unprivileged user: without root, and with newuidmap for more than one id.

#include <signal.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/exec.h"
#include "tests/support/facts.h"
#include "tests/support/ordinary_user.h"
#include "tests/support/runs.h"
#include "tests/support/terminal.h"

namespace crux::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// A container of an unprivileged user with a suitable bundle.
struct Rootless {
    explicit Rootless(const OrdinaryUser& someone) : user(someone), container(bundle) {
        user.adapt(bundle);
        user.take(container, bundle);
        container.global_options = bare_errors();
    }
    /// The output of the bundle's program; checks that everything succeeds.
    std::string output() {
        const Outcome outcome = container.run();
        INFO(outcome.describe());
        CHECK(outcome.ok());
        CHECK(outcome.err == "");
        return outcome.out;
    }
    void fails_with(const std::string& part) {
        const Outcome outcome = container.create();
        INFO(outcome.describe());
        CHECK(outcome.status == 1);
        CHECK(lines_of(outcome.err).size() == 1);
        CHECK_THAT(outcome.err, Catch::Contains(part));
        CHECK_FALSE(fs::exists(container.state_folder()));
    }

    const OrdinaryUser& user;
    Bundle bundle;
    Container container;
};

unsigned mode_of(const std::string& path) {
    struct ::stat status = {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

json two_ranges(unsigned own) {
    return json::array({{{"containerID", 0}, {"hostID", own}, {"size", 1}},
                        {{"containerID", 1}, {"hostID", 100000}, {"size", 65536}}});
}

TEST_CASE("the config that spec --rootless writes runs unchanged") {
    const Unchanged host;
    const OrdinaryUser user;
    const Bundle bundle;
    user.own(bundle);
    CommandOptions there;
    there.cwd = bundle.path();
    must(run(user.words({user.program(), "spec", "--rootless"}), there));
    const Pty pty;
    there.fds = {{0, pty.slave()}, {1, pty.slave()}, {2, pty.slave()}};
    const std::string id = our_tag() + "-spec";
    Process shell(user.words({user.program(), "--root", user.folder() + "/state", "run", id}),
                  there);
    type(pty.master(), "echo $(id -u) on $(hostname), $(cat /proc/self/setgroups); exit 7\n");
    const std::string seen = read_until(pty.master(), "0 on crux, deny", 10s);
    CHECK_THAT(seen, Catch::Contains("0 on crux, deny"));
    CHECK(shell.wait().status == 7);
}

TEST_CASE("an unprivileged user's container has the usual life cycle") {
    const Unchanged host;
    const OrdinaryUser user;
    Rootless rootless(user);
    rootless.bundle.args({"/bin/sleep", "1000"});
    Container& container = rootless.container;
    must(container.create());
    const pid_t pid = container.pid();
    CHECK(container.status() == "created");
    CHECK(mode_of(container.root()) == 0700);
    CHECK(mode_of(container.state_folder()) == 0700);
    must(container.start());
    CHECK(status_field(pid, "Uid").starts_with(std::to_string(user.uid())));
    const Outcome inside = container.crux({"exec", container.id(), "/bin/id", "-u"});
    INFO(inside.describe());
    CHECK(inside.out == "0\n");
    must(container.kill("KILL"));
    CHECK(container.reaches("stopped"));
    must(container.remove());
}

TEST_CASE("an unprivileged user's container is killed without a pid namespace too") {
    const Unchanged host;
    const OrdinaryUser user;
    Rootless rootless(user);
    rootless.bundle.args({"/bin/sleep", "1000"}).without_name_space("pid");
    // A procfs shows a pid namespace, and the user may not mount one for the caller's.
    rootless.bundle.config()["mounts"][0] = {
        {"destination", "/proc"}, {"type", "none"}, {"source", "/proc"}, {"options", {"rbind"}}};
    rootless.bundle.remove("/linux/maskedPaths").remove("/linux/readonlyPaths");
    Container& container = rootless.container;
    const Outcome made = container.create();
    INFO(made.describe());
    REQUIRE(made.ok());
    must(container.start());
    must(container.kill("KILL"));
    CHECK(container.reaches("stopped"));
    must(container.remove());
}

TEST_CASE("newuidmap gives an unprivileged user's container the ids of subuid") {
    const Unchanged host;
    OrdinaryUser user;
    user.give_ids("100000:65536");
    Rootless rootless(user);
    rootless.bundle.set("/linux/uidMappings", two_ranges(user.uid()))
        .set("/linux/gidMappings", two_ranges(user.gid()))
        .set("/process/user", {{"uid", 7}, {"gid", 8}})
        .script("id -u; id -g; cat /proc/self/setgroups; cat /proc/self/uid_map");
    const auto lines = lines_of(rootless.output());
    REQUIRE(lines.size() == 5);
    CHECK(lines[0] == "7");
    CHECK(lines[1] == "8");
    CHECK(lines[2] == "allow");
    CHECK_THAT(lines[4], Catch::Contains("100000") && Catch::Contains("65536"));
}

TEST_CASE("ids that are missing in subuid are refused with newuidmap's message") {
    const Unchanged host;
    for (const char* range : {"", "100000:1000"}) {
        INFO(range);
        OrdinaryUser user;
        user.give_ids(range);
        Rootless rootless(user);
        rootless.bundle.set("/linux/uidMappings", two_ranges(user.uid()))
            .set("/linux/gidMappings", two_ranges(user.gid()));
        rootless.fails_with(
            "write the user ID mapping: /usr/bin/newuidmap (allowed IDs: /etc/subuid): newuidmap: "
            "uid range [1-65537) -> [100000-165536) not allowed");
    }
}

TEST_CASE("without newuidmap more ids than one are refused, and one is not") {
    const Unchanged host;
    const OrdinaryUser user;
    Rootless rootless(user);
    rootless.bundle.script("cat /proc/self/setgroups");
    CommandOptions bare;
    bare.env = {{"PATH", "/nosuch"}};
    // The words before the program are also found with PATH.
    rootless.container.prefix = user.words({"env", "PATH=/nosuch"});
    CHECK(rootless.output() == "deny\n");
    rootless.bundle.set("/linux/uidMappings", two_ranges(user.uid()));
    rootless.fails_with(
        "write the user ID mapping: newuidmap is not in PATH (Debian package: uidmap); without it "
        "an unprivileged user can map only its own ID (config.json: /linux/uidMappings)");
}

TEST_CASE("what requires root is refused to an unprivileged user with one error") {
    const Unchanged host;
    const OrdinaryUser user;
    {
        Rootless rootless(user);
        rootless.bundle.without_name_space("user");
        rootless.bundle.remove("/linux/uidMappings").remove("/linux/gidMappings");
        rootless.fails_with("rootless container requires user namespaces");
    }
    {
        Rootless rootless(user);
        rootless.bundle.set("/process/user/additionalGids", json::array({5}));
        rootless.fails_with("cannot set any additional groups in a rootless container");
    }
}

TEST_CASE("an unprivileged user without a cgroup has no limits, and requested ones are an error") {
    const Unchanged host;
    const OrdinaryUser user;
    if (!is_root()) skip("needs root to set up the cgroups of an unprivileged user");
    const std::string own = read_file("/proc/self/cgroup");
    {
        Rootless rootless(user);
        rootless.bundle.args({"/bin/sleep", "1000"}).without_name_space("cgroup");
        must(rootless.container.create());
        const std::string pid = std::to_string(rootless.container.pid());
        CHECK(read_file("/proc/" + pid + "/cgroup") == own);
    }
    if (!controller_mount("pids")) return;
    {
        Rootless rootless(user);
        rootless.bundle.set("/linux/resources/pids", {{"limit", 5}});
        rootless.fails_with(
            "rootless needs no limits + no cgrouppath when no permission is granted for cgroups: ");
    }
    {
        Rootless rootless(user);
        rootless.bundle.set("/linux/cgroupsPath", "/" + our_tag());
        rootless.fails_with("permission denied");
    }
    {
        // They would be set if possible; nothing is lost without them.
        Rootless rootless(user);
        rootless.bundle.set("/linux/resources/devices",
                            json::array({{{"allow", false}, {"access", "rwm"}}}));
        const Outcome outcome = rootless.container.run();
        INFO(outcome.describe());
        CHECK(outcome.ok());
    }
}

/// A cgroup that an unprivileged user may fill, and one below it for the user's processes.
class Delegated {
 public:
    explicit Delegated(const OrdinaryUser& user)
        : top_(*controller_mount("pids") + "/" + our_tag() + "-delegated") {
        fs::create_directories(top_);
        fs::create_directories(top_ + "/session");
        for (const std::string& folder : {top_, top_ + "/session"}) {
            give(folder, user);
            for (const char* file : {"tasks", "cgroup.procs", "cgroup.subtree_control"})
                if (fs::exists(folder + "/" + file)) give(folder + "/" + file, user);
        }
    }
    ~Delegated() {
        std::error_code ignored;
        fs::remove(top_ + "/session", ignored);
        fs::remove(top_, ignored);
    }
    Delegated(const Delegated&) = delete;
    Delegated& operator=(const Delegated&) = delete;

    [[nodiscard]] std::string session() const { return top_ + "/session"; }

 private:
    static void give(const std::string& path, const OrdinaryUser& user) {
        REQUIRE(::chown(path.c_str(), user.uid(), user.gid()) == 0);
    }
    std::string top_;
};

TEST_CASE("an unprivileged user's limits hold in a cgroup that was delegated to it") {
    need_root();
    need_controller("pids");
    const Unchanged host;
    OrdinaryUser user;
    const Delegated cgroup(user);
    user.enter(cgroup.session());
    Rootless rootless(user);
    rootless.bundle.set("/linux/resources/pids", {{"limit", 5}}).args({"/bin/sleep", "1000"});
    must(rootless.container.create());
    const auto place = cgroup_of(rootless.container.pid(), "pids");
    REQUIRE(place);
    CHECK_THAT(*place, Catch::Contains("-delegated/"));
    CHECK_THAT(*place, Catch::EndsWith(rootless.container.id()));
    CHECK(read_file(*place + "/pids.max") == "5\n");
    must(rootless.container.remove({"--force"}));
    CHECK_FALSE(fs::exists(*place));
}

TEST_CASE("root of a user namespace can make containers in it") {
    const Unchanged host;
    const OrdinaryUser user;
    Rootless rootless(user);
    // Like podman: one namespace for everything, entered before the runtime is called.
    rootless.bundle.without_name_space("user");
    rootless.bundle.remove("/linux/uidMappings").remove("/linux/gidMappings");
    rootless.bundle.script("id -u; cat /proc/self/uid_map");
    rootless.container.prefix =
        user.words({"unshare", "--user", "--map-root-user", "--mount", "--"});
    const auto lines = lines_of(rootless.output());
    REQUIRE(lines.size() == 2);
    CHECK(lines[0] == "0");
    CHECK_THAT(lines[1], Catch::Contains(std::to_string(user.uid())));
}

TEST_CASE("an unprivileged user's state is in its runtime directory, private and sticky") {
    const Unchanged host;
    const OrdinaryUser user;
    const std::string folder = user.folder() + "/runtime";
    must(run(user.words({"mkdir", "-p", folder})));
    const std::string setting = "XDG_RUNTIME_DIR=" + folder;
    const Outcome listed = run(user.words({"env", "-i", setting, user.program(), "list"}));
    INFO(listed.describe());
    CHECK(listed.ok());
    CHECK(mode_of(folder + "/crux") == 01700);
    fs::remove_all(folder);
    const Outcome nowhere =
        run(user.words({"env", "-i", "XDG_RUNTIME_DIR=/proc/nosuch", user.program(), "list"}));
    CHECK(nowhere.status == 1);
    CHECK_THAT(nowhere.err,
               Catch::Contains("the path in $XDG_RUNTIME_DIR must be writable by the user"));
}

/// Puts the program, and a bundle with this config for an inner container, into a root; returns the
/// root of the inner container.
std::string nest(const std::string& root, const OrdinaryUser& user, const json& config) {
    const std::string inner = root + "/inner/rootfs";
    for (const char* name : {"bin", "dev", "proc", "sys", "tmp"})
        fs::create_directories(inner + "/" + name);
    fs::copy_file(user.program(), root + "/crux");
    fs::copy_file("/bin/busybox", inner + "/bin/busybox");
    for (const char* name : {"sh", "id", "hostname"})
        fs::create_symlink("busybox", inner + "/bin/" + name);
    write_file(root + "/inner/config.json", config.dump());
    return inner;
}

/// The config of a container in which others can be made: all capabilities of its user namespace,
/// and a procfs without covered paths, because the kernel does not mount a complete one below a
/// covered one.
void open_up(json& config) {
    json all = json::array();
    for (const char* name : {"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL", "CAP_MKNOD",
                             "CAP_NET_ADMIN", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP",
                             "CAP_SETUID", "CAP_SYS_ADMIN", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE"})
        all.push_back(name);
    config["process"]["capabilities"] = {{"bounding", all}, {"effective", all}, {"permitted", all}};
    config["process"]["noNewPrivileges"] = false;
    config["linux"].erase("maskedPaths");
    config["linux"].erase("readonlyPaths");
    config["root"]["readonly"] = false;
}

TEST_CASE("an unprivileged user's container has another one in it, and that one a third") {
    const Unchanged host;
    const OrdinaryUser user;
    Rootless outer(user);
    json& config = outer.bundle.config();
    open_up(config);
    json inner = config;
    for (const char* map : {"uidMappings", "gidMappings"}) inner["linux"][map][0]["hostID"] = 0;
    const std::string resume = "exec /crux --root /tmp/state run -b /inner inner";
    config["process"]["args"] = {"/bin/sh", "-c", "hostname; " + resume};
    inner["process"]["args"] = config["process"]["args"];
    inner["hostname"] = "second";
    const std::string second = nest(outer.bundle.rootfs(), user, inner);
    inner["process"]["args"] = {"/bin/sh", "-c", "echo $(hostname) $(id -u)"};
    inner["hostname"] = "third";
    nest(second, user, inner);
    user.own(outer.bundle);
    CHECK(outer.output() == "crux\nsecond\nthird 0\n");
}

}  // namespace
}  // namespace crux::test

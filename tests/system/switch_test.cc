// Containers of other runtimes under crux, and those of crux under them: a host can change its
// runtime, and change back, while containers run.

#include <sys/wait.h>

#include <csignal>
#include <filesystem>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

namespace fs = std::filesystem;

std::string installed(const std::string& name) {
    if (name == "crun" && cgroup_mode() == CgroupMode::hybrid)
        skip("crun does not work with hybrid cgroups");
    for (const char* folder : {"/usr/sbin/", "/usr/bin/", "/usr/local/sbin/", "/usr/local/bin/"})
        if (fs::exists(folder + name)) return folder + name;
    skip("needs " + name);
}

/// A state root that is removed at the end.
struct OwnRoot {
    std::string path = work_folder() + "/switch";
    ~OwnRoot() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
};

/// A container that one runtime makes and another one manages.
class Pair {
 public:
    Pair(const std::string& maker, const std::string& manager)
        : made(bundle_), managed(bundle_, made.id()) {
        for (Container* each : {&made, &managed}) each->use_root(root_.path);
        made.program = maker;
        managed.program = manager;
        // The peers of Debian 12 do not know a later one.
        bundle_.set("/ociVersion", "1.0.2");
        bundle_.script("trap 'exit 7' TERM; while :; do sleep 0.05; done");
        must(made.create());
    }

 private:
    OwnRoot root_;
    Bundle bundle_;

 public:
    Container made;
    Container managed;
};

std::string limit_of_pids(int pid) {
    need_controller("pids");
    const std::string text = read_file(*cgroup_of(pid, "pids") + "/pids.max");
    return text.substr(0, text.find('\n'));
}

void list_and_look(const Pair& pair, const char* status) {
    const nlohmann::json theirs = pair.made.state();
    const nlohmann::json ours = pair.managed.state();
    for (const char* key : {"id", "pid", "status", "bundle", "rootfs"}) {
        INFO(key);
        CHECK(ours.at(key) == theirs.at(key));
    }
    CHECK(ours.at("status") == status);
    const Outcome list = pair.managed.crux({"list", "--format", "json"});
    INFO(list.describe());
    REQUIRE(list.ok());
    const nlohmann::json entries = nlohmann::json::parse(list.out);
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].at("id") == pair.made.id());
    CHECK(entries[0].at("status") == status);
}

void enter(const Pair& pair) {
    const Outcome inside = pair.managed.crux({"exec", pair.made.id(), "/bin/sh", "-c",
                                              "readlink /proc/1/ns/pid /proc/self/ns/pid; exit 5"});
    INFO(inside.describe());
    CHECK(inside.status == 5);
    const std::string first = inside.out.substr(0, inside.out.find('\n') + 1);
    CHECK(inside.out == first + first);
}

void freeze(const Pair& pair, const std::string& id) {
    must(pair.managed.crux({"pause", id}));
    CHECK(pair.made.status() == "paused");
    CHECK(pair.managed.status() == "paused");
    must(pair.managed.crux({"resume", id}));
    CHECK(pair.made.status() == "running");
}

/// The life of a container of a peer under crux.
void manage(const std::string& name) {
    need_root();
    const std::string peer = installed(name);
    const Unchanged host;
    Pair pair(peer, crux_program());
    const std::string id = pair.made.id();
    list_and_look(pair, "created");
    const Outcome start = pair.managed.start();
    CHECK(start.status == 1);
    CHECK_THAT(start.err, Catch::Contains("cannot start container " + id + ": " + name +
                                          " made it, and only " + name + " can start it"));
    CHECK(pair.made.status() == "created");
    must(pair.made.start());
    list_and_look(pair, "running");
    enter(pair);
    const Outcome ps = pair.managed.crux({"ps", "--format", "json", id});
    REQUIRE(ps.ok());
    CHECK_THAT(ps.out, Catch::Contains(std::to_string(pair.managed.pid())));
    const Outcome stats = pair.managed.crux({"events", "--stats", id});
    REQUIRE(stats.ok());
    CHECK_THAT(stats.out, Catch::Contains("\"type\":\"stats\""));
    freeze(pair, id);
    must(pair.managed.crux({"update", "--pids-limit", "77", id}));
    CHECK(limit_of_pids(pair.made.pid()) == "77");
    // The maker's next update starts from it.
    must(pair.made.crux({"update", "--memory", "67108864", id}));
    CHECK(limit_of_pids(pair.made.pid()) == "77");
    const Outcome refused = pair.managed.remove();
    CHECK(refused.status == 1);
    CHECK_THAT(refused.err, Catch::Contains("is not stopped: running"));
    CHECK(pair.made.status() == "running");
    must(pair.managed.kill("TERM"));
    CHECK(pair.managed.reaches("stopped"));
    CHECK(pair.made.status() == "stopped");
    must(pair.managed.remove());
    CHECK(pair.made.status().empty());
    CHECK_FALSE(fs::exists(pair.made.state_folder()));
}

TEST_CASE("crux manages a container that runc made") {
    manage("runc");
}

TEST_CASE("crux manages a container that crun made") {
    manage("crun");
}

void delete_running(const std::string& name) {
    need_root();
    const std::string peer = installed(name);
    const Unchanged host;
    Pair pair(peer, crux_program());
    must(pair.made.start());
    const int pid = pair.managed.state().at("pid");
    CHECK(pair.managed.remove().status == 1);
    CHECK(::kill(pid, 0) == 0);
    must(pair.managed.remove({"--force"}));
    CHECK(eventually([&] {
        while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;
        return ::kill(pid, 0) != 0;
    }));
    CHECK(pair.made.status().empty());
}

TEST_CASE("crux deletes a running container of runc only by force") {
    delete_running("runc");
}

TEST_CASE("crux deletes a running container of crun only by force") {
    delete_running("crun");
}

void delete_with_hook(const std::string& name) {
    need_root();
    const std::string peer = installed(name);
    const Unchanged host;
    const OwnRoot root;
    Bundle bundle;
    const std::string note = bundle.path() + "/note";
    bundle.patch(
        {{"hooks",
          {{"poststop", {{{"path", "/bin/sh"}, {"args", {"sh", "-c", "cat >" + note}}}}}}}});
    bundle.set("/ociVersion", "1.0.2").script("exit 0");
    Container made(bundle);
    made.program = peer;
    made.use_root(root.path);
    must(made.create());
    must(made.start());
    CHECK(made.reaches("stopped"));
    Container managed(bundle, made.id());
    managed.use_root(root.path);
    must(managed.remove());
    CHECK(nlohmann::json::parse(read_file(note)).at("id") == made.id());
}

TEST_CASE("a poststop hook of a container of runc runs when crux deletes it") {
    delete_with_hook("runc");
}

TEST_CASE("a poststop hook of a container of crun runs when crux deletes it") {
    delete_with_hook("crun");
}

void be_managed(const std::string& name) {
    need_root();
    const std::string peer = installed(name);
    const Unchanged host;
    Pair pair(crux_program(), peer);
    const std::string id = pair.made.id();
    list_and_look(pair, "created");
    must(pair.made.start());
    list_and_look(pair, "running");
    enter(pair);
    CHECK(pair.managed.crux({"ps", "--format", "json", id}).ok());
    // crun has no events.
    if (name == "runc") CHECK(pair.managed.crux({"events", "--stats", id}).ok());
    freeze(pair, id);
    must(pair.managed.crux({"update", "--pids-limit", "77", id}));
    CHECK(limit_of_pids(pair.made.pid()) == "77");
    must(pair.managed.kill("TERM"));
    CHECK(pair.managed.reaches("stopped"));
    CHECK(pair.made.status() == "stopped");
    must(pair.managed.remove());
    CHECK(pair.made.status().empty());
}

TEST_CASE("runc manages a container that crux made") {
    be_managed("runc");
}

TEST_CASE("crun manages a container that crux made") {
    be_managed("crun");
}

TEST_CASE("delete, also by force, removes no state directory that is not crux's") {
    need_root();
    const OwnRoot root;
    const Bundle bundle;
    const std::string folder = root.path + "/other";
    fs::create_directories(folder);
    fs::permissions(root.path, fs::perms::owner_all);
    fs::permissions(folder, fs::perms::owner_all);
    const struct {
        const char* file;
        const char* text;
    } cases[] = {
        {"state.json",
         R"({"ociVersion":"1.0.2","id":"other","status":"running","pid":1,"creator":0})"},
        {"state.json", "not JSON"},
        {"status", "{}"},
        {"youki_config.json", "{}"},
    };
    for (const auto& each : cases) {
        INFO(each.file << ": " << each.text);
        write_file(folder + "/" + each.file, each.text);
        for (const std::vector<std::string>& options :
             {std::vector<std::string>{}, std::vector<std::string>{"--force"}}) {
            std::vector<std::string> words{crux_program(), "--root", root.path, "delete"};
            words.insert(words.end(), options.begin(), options.end());
            words.emplace_back("other");
            const Outcome outcome = run(words);
            INFO(outcome.describe());
            CHECK(outcome.status == 1);
            CHECK(fs::exists(folder + "/" + each.file));
        }
        fs::remove(folder + "/" + each.file);
    }
}

}  // namespace
}  // namespace crux::test

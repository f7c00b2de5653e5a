// The six hooks in practice: when and where they run, their input, and the effect of their failures
// (runtime-spec config.md, POSIX-platform Hooks; runtime.md, Lifecycle).

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const std::vector<std::string> kSleep = {"/bin/sleep", "1000"};
const std::vector<std::string> kMoments = {"prestart",       "createRuntime", "createContainer",
                                           "startContainer", "poststart",     "poststop"};

/// A hook that uses the host's shell, or the container's if it runs inside.
json hook(const std::string& script) {
    return {{"path", "/bin/sh"}, {"args", {"sh", "-c", script}}};
}

/// A bundle whose directory has the same path inside and outside of the container, so that all
/// hooks can write notes there.
class NotedBundle : public Bundle {
 public:
    NotedBundle() {
        folder(path().substr(1));
        mount(path(), "none", path(), {"bind", "rw"});
        args(kSleep);
    }
    [[nodiscard]] std::string note(const std::string& name) const {
        std::error_code none;
        const std::string file = path() + '/' + name;
        return fs::exists(file, none) ? read_file(file) : "";
    }
    NotedBundle& add(const std::string& moment, const json& entry) {
        set("/hooks/" + moment + "/-", entry);
        return *this;
    }
    /// Appends to a file of the bundle.
    NotedBundle& says(const std::string& moment, const std::string& text) {
        return add(moment, hook("echo " + text + " >>" + path() + "/order"));
    }
};

TEST_CASE("all hooks run once, each at its moment and in the listed order") {
    need_root();
    const Unchanged host;
    NotedBundle bundle;
    for (const std::string& moment : kMoments)
        for (const char* number : {"0", "1", "2"}) bundle.says(moment, moment + number);
    std::string expected;
    const auto ran = [&](const std::string& moment) {
        for (const char* number : {"0", "1", "2"}) expected += moment + number + '\n';
    };
    Container container(bundle);
    must(container.create());
    for (const char* moment : {"prestart", "createRuntime", "createContainer"}) ran(moment);
    CHECK(bundle.note("order") == expected);
    must(container.start());
    for (const char* moment : {"startContainer", "poststart"}) ran(moment);
    CHECK(bundle.note("order") == expected);
    must(container.kill());
    CHECK(exit_of(container.pid()) == 128 + SIGKILL);
    CHECK(bundle.note("order") == expected);
    must(container.remove());
    ran("poststop");
    CHECK(bundle.note("order") == expected);
}

TEST_CASE("run passes through all hooks") {
    need_root();
    const Unchanged host;
    NotedBundle bundle;
    std::string expected;
    for (const std::string& moment : kMoments) {
        bundle.says(moment, moment);
        expected += moment + '\n';
    }
    bundle.script("exit 3");
    Container container(bundle);
    const Outcome outcome = container.run();
    INFO(outcome.describe());
    CHECK(outcome.status == 3);
    CHECK(outcome.err == "");
    CHECK(bundle.note("order") == expected);
}

TEST_CASE("each hook reads the container's state from its standard input") {
    need_root();
    const Unchanged host;
    NotedBundle bundle;
    const json annotations = {{"org.example.a", "one \"quoted\""}, {"org.example.b", ""}};
    bundle.set("/annotations", annotations);
    for (const std::string& moment : kMoments)
        bundle.add(moment, hook("cat >" + bundle.path() + "/state-" + moment));
    Container container(bundle);
    must(container.create());
    const pid_t pid = container.pid();
    must(container.start());
    must(container.remove({"--force"}));
    const std::map<std::string, std::string> statuses = {
        {"prestart", "creating"},        {"createRuntime", "creating"},
        {"createContainer", "creating"}, {"startContainer", "created"},
        {"poststart", "running"},        {"poststop", "stopped"}};
    for (const std::string& moment : kMoments) {
        INFO(moment);
        const std::string text = bundle.note("state-" + moment);
        REQUIRE(text != "");
        json state = json::parse(text);
        CHECK(state["ociVersion"] == bundle.config()["ociVersion"]);
        CHECK(state["id"] == container.id());
        CHECK(state["status"] == statuses.at(moment));
        CHECK(state["bundle"] == bundle.path());
        CHECK(state["annotations"] == annotations);
        // Inside it is the pid in the container's pid namespace.
        const bool inside = moment == "createContainer" || moment == "startContainer";
        if (moment == "poststop")
            CHECK(state.value("pid", 0) == 0);
        else
            CHECK(state["pid"] == (inside ? 1 : pid));
    }
}

TEST_CASE("hooks run in the namespaces that the specification names") {
    need_root();
    const Unchanged host;
    NotedBundle bundle;
    const std::set<std::string> inside = {"createContainer", "startContainer"};
    for (const std::string& moment : kMoments)
        bundle.add(moment,
                   hook("for n in mnt net ipc uts pid; do readlink /proc/self/ns/$n; done >" +
                        bundle.path() + "/ns-" + moment));
    Container container(bundle);
    must(container.create());
    std::string own;
    std::string containers;
    for (const std::string name : {"mnt", "net", "ipc", "uts", "pid"}) {
        own += link_of("/proc/self/ns/" + name) + '\n';
        containers += link_of("/proc/" + std::to_string(container.pid()) + "/ns/" + name) + '\n';
    }
    REQUIRE(own != containers);
    must(container.start());
    must(container.remove({"--force"}));
    for (const std::string& moment : kMoments) {
        INFO(moment);
        CHECK(bundle.note("ns-" + moment) == (inside.contains(moment) ? containers : own));
    }
}

TEST_CASE("createContainer hooks find the host's programs, startContainer hooks the container's") {
    need_root();
    const Unchanged host;
    NotedBundle bundle;
    bundle.file("only-inside", "#!/bin/sh\necho inside >>" + bundle.path() + "/found\n", 0755);
    const std::string outside = bundle.path() + "/only-outside";
    write_file(outside, "#!/bin/sh\necho outside >>" + bundle.path() + "/found\n", 0755);
    bundle.add("createContainer", {{"path", outside}})
        .add("startContainer", {{"path", "/only-inside"}});
    Container container(bundle);
    must(container.create());
    CHECK(bundle.note("found") == "outside\n");
    must(container.start());
    CHECK(bundle.note("found") == "outside\ninside\n");
}

TEST_CASE("what createContainer hooks mount is in the container") {
    need_root();
    const Unchanged host;
    NotedBundle bundle;
    bundle.folder("mnt");
    bundle.add("createContainer", hook("mount -t tmpfs -o size=8k hooked " + bundle.rootfs() +
                                       "/mnt && echo there >" + bundle.rootfs() + "/mnt/file"));
    bundle.script("cat /mnt/file");
    Container container(bundle);
    const Outcome outcome = container.run();
    INFO(outcome.describe());
    CHECK(outcome.out == "there\n");
    CHECK(fs::is_empty(bundle.rootfs() + "/mnt"));
}

TEST_CASE("poststart hooks run when the program has been executed, before start returns") {
    need_root();
    const Unchanged host;
    NotedBundle bundle;
    bundle.add("poststart",
               hook("pid=$(grep -o '\"pid\": *[0-9]*' | grep -o '[0-9]*'); sleep 0.3; cat "
                    "/proc/$pid/comm >" +
                    bundle.path() + "/comm"));
    Container container(bundle);
    must(container.create());
    CHECK(bundle.note("comm") == "");
    must(container.start());
    CHECK(bundle.note("comm") == "sleep\n");
}

TEST_CASE("the program runs only when the startContainer hooks are done") {
    need_root();
    const Unchanged host;
    NotedBundle bundle;
    bundle.add("startContainer", hook("sleep 0.3; echo hook >>" + bundle.path() + "/order"));
    bundle.script("echo program >>" + bundle.path() + "/order");
    Container container(bundle);
    must(container.create());
    must(container.start());
    CHECK(exit_of(container.pid()) == 0);
    CHECK(bundle.note("order") == "hook\nprogram\n");
}

TEST_CASE("a hook has exactly the arguments and the environment that are given") {
    need_root();
    const Unchanged host;
    NotedBundle bundle;
    const std::string script = bundle.path() + "/show";
    write_file(script,
               "#!/bin/sh\necho $# \"$0\" \"$@\" >" + bundle.path() +
                   "/args\ntr '\\0' '\\n' </proc/self/environ >" + bundle.path() + "/env\n",
               0755);
    // A script's $0 is its path, whatever argv[0] is.
    for (const char* moment : {"prestart", "createContainer", "startContainer", "poststart"}) {
        INFO(moment);
        bundle.remove("/hooks");
        bundle.add(moment, {{"path", script},
                            {"args", {"zero", "one", "two words", ""}},
                            {"env", {"A=1", "EMPTY=", "B=x=y"}}});
        Container container(bundle);
        must(container.create());
        must(container.start());
        CHECK(bundle.note("args") == "3 " + script + " one two words \n");
        CHECK(bundle.note("env") == "A=1\nEMPTY=\nB=x=y\n");
        must(container.remove({"--force"}));

        // Without arguments it is called with its path.
        bundle.remove("/hooks");
        bundle.add(moment, {{"path", script}, {"env", json::array()}});
        must(container.create());
        must(container.start());
        CHECK(bundle.note("args") == "0 " + script + "\n");
        CHECK(bundle.note("env") == "");
    }
}

TEST_CASE("without an env a hook of the host has the caller's, and never the container's") {
    need_root();
    const Unchanged host;
    NotedBundle bundle;
    bundle.set("/process/env", {"PATH=/bin", "WHOSE=container"});
    // A shell may replace itself and its environment by its last command.
    for (const std::string& moment : kMoments)
        bundle.add(moment, hook("tr '\\0' '\\n' </proc/self/environ >" + bundle.path() + "/env-" +
                                moment + "; :"));
    Container container(bundle);
    CommandOptions callers;
    callers.clear_env = true;
    callers.env = {{"PATH", "/usr/bin:/bin"}, {"WHOSE", "caller"}};
    must(container.create({}, callers));
    must(container.start(callers));
    must(container.crux({"delete", "--force", container.id()}, callers));
    const auto whose = [&](const std::string& moment) {
        const auto lines = lines_of(bundle.note("env-" + moment));
        return std::set<std::string>(lines.begin(), lines.end());
    };
    for (const char* moment : {"prestart", "createRuntime", "poststart", "poststop"}) {
        INFO(moment);
        CHECK(whose(moment).contains("WHOSE=caller"));
    }
    CHECK(whose("createContainer").empty());
    CHECK(whose("startContainer").contains("WHOSE=container"));
    CHECK(whose("startContainer").contains("HOME=/root"));
}

TEST_CASE("createContainer hooks start in the container's root, the host's where crux does") {
    need_root();
    const Unchanged host;
    NotedBundle bundle;
    for (const std::string moment : {"createRuntime", "createContainer", "startContainer"})
        bundle.add(moment, hook("pwd >" + bundle.path() + "/cwd-" + moment));
    bundle.set("/process/cwd", "/etc");
    Container container(bundle);
    must(container.create());
    must(container.start());
    CHECK(bundle.note("cwd-createRuntime") == bundle.path() + '\n');
    CHECK(bundle.note("cwd-createContainer") == bundle.rootfs() + '\n');
    CHECK(bundle.note("cwd-startContainer") == "/etc\n");
}

TEST_CASE("hooks get no descriptor except their three streams") {
    need_root();
    const Unchanged host;
    NotedBundle bundle;
    for (const std::string& moment : kMoments)
        bundle.add(moment, hook("cd /proc/self/fd && echo * >" + bundle.path() + "/fds-" + moment));
    Container container(bundle);
    must(container.create());
    must(container.start());
    must(container.remove({"--force"}));
    for (const std::string& moment : kMoments) {
        INFO(moment);
        // Shells open what they list, and keep a copy of redirected descriptors.
        const std::string numbers = bundle.note("fds-" + moment);
        INFO(numbers);
        CHECK(numbers.starts_with("0 1 2"));
        CHECK(numbers.size() <= sizeof "0 1 2 3 10");
    }
}

struct Failure {
    std::string script;
    std::string words;
};
const std::vector<Failure> kFailures = {
    {"echo said; echo complained >&2; exit 3", "exit status 3, stdout: said, stderr: complained"},
    {"kill -9 $$", "signal: killed, stdout: , stderr: "},
};

TEST_CASE("a failing hook of create fails it with its output, and leaves nothing") {
    need_root();
    const Unchanged host;
    for (const char* moment : {"prestart", "createRuntime", "createContainer"}) {
        for (const Failure& failure : kFailures) {
            NotedBundle bundle;
            bundle.says(moment, "first").add(moment, hook(failure.script)).says(moment, "third");
            bundle.says("startContainer", "startContainer").says("poststart", "poststart");
            bundle.says("poststop", "poststop");
            Container container(bundle);
            container.global_options = bare_errors();
            const Outcome outcome = container.create();
            INFO(moment << outcome.describe());
            refused_with(outcome, "runc create failed: unable to start container process: ");
            CHECK_THAT(outcome.err, Catch::Contains("error running " + std::string(moment) +
                                                    " hook #1: " + failure.words));
            CHECK_THAT(outcome.err,
                       Catch::Contains("(config.json: /hooks/" + std::string(moment) + "/1)"));
            CHECK(container.status() == "");
            CHECK_FALSE(fs::exists(bundle.path() + "/pid"));
            // The life cycle continues after its end.
            CHECK(bundle.note("order") == "first\npoststop\n");
        }
    }
}

TEST_CASE("a create that fails after its hooks runs the poststop hooks, and none before") {
    need_root();
    const Unchanged host;
    NotedBundle bundle;
    bundle.says("createRuntime", "createRuntime").says("poststop", "poststop");
    bundle.args({"/nosuch"});
    Container container(bundle);
    CHECK(container.create().status == 1);
    CHECK(bundle.note("order") == "createRuntime\npoststop\n");
    bundle.set("/mounts/-", {{"destination", "/x"}, {"type", "nosuch"}, {"source", "none"}});
    fs::remove(bundle.path() + "/order");
    CHECK(container.create().status == 1);
    CHECK(bundle.note("order") == "");
}

TEST_CASE("a failing hook of start ends and removes the container") {
    need_root();
    const Unchanged host;
    for (const char* moment : {"startContainer", "poststart"}) {
        for (const Failure& failure : kFailures) {
            NotedBundle bundle;
            bundle.says(moment, "first").add(moment, hook(failure.script)).says(moment, "third");
            bundle.says("poststop", "poststop");
            Container container(bundle);
            container.global_options = bare_errors();
            must(container.create());
            const pid_t pid = container.pid();
            const Outcome outcome = container.start();
            INFO(moment << outcome.describe());
            refused_with(outcome,
                         "error running " + std::string(moment) + " hook #1: " + failure.words);
            CHECK(container.status() == "");
            CHECK(exit_of(pid).has_value());
            CHECK(bundle.note("order") == "first\npoststop\n");
        }
    }
}

TEST_CASE("failing poststop hooks are warnings, and all of them run") {
    need_root();
    const Unchanged host;
    NotedBundle bundle;
    bundle.says("poststop", "first")
        .add("poststop", hook("echo complained >&2; exit 3"))
        .add("poststop", {{"path", "/nosuch"}})
        .says("poststop", "last");
    for (const bool force : {false, true}) {
        Container container(bundle);
        must(container.create());
        const Outcome outcome = container.remove(force ? std::vector<std::string>{"--force"}
                                                       : std::vector<std::string>{});
        INFO(outcome.describe());
        CHECK(outcome.status == 0);
        CHECK(outcome.out == "");
        const auto lines = lines_of(outcome.err);
        REQUIRE(lines.size() == 2);
        CHECK_THAT(lines[0], Catch::Contains("level=warning"));
        CHECK_THAT(lines[0], Catch::Contains("error running poststop hook #1: exit status 3, "
                                             "stdout: , stderr: complained"));
        CHECK_THAT(lines[1], Catch::Contains("level=warning"));
        CHECK_THAT(lines[1], Catch::Contains("poststop hook #2"));
        CHECK_THAT(lines[1], Catch::Contains("no such file or directory"));
        CHECK(bundle.note("order") == "first\nlast\n");
        CHECK(container.status() == "");
        fs::remove(bundle.path() + "/order");
    }
}

TEST_CASE("a hook that is missing or not executable is a failure with its path") {
    need_root();
    const Unchanged host;
    for (const char* moment : {"prestart", "createContainer", "startContainer", "poststart"}) {
        NotedBundle bundle;
        bundle.add(moment, {{"path", "/nosuch/hook"}});
        Container container(bundle);
        container.global_options = bare_errors();
        Outcome outcome = container.create();
        if (outcome.ok()) outcome = container.start();
        INFO(moment << outcome.describe());
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.err,
                   Catch::Contains("error running " + std::string(moment) + " hook #0: "));
        CHECK_THAT(outcome.err, Catch::Contains("/nosuch/hook: no such file or directory"));
        CHECK(container.status() == "");
    }
}

TEST_CASE("a hook whose interpreter is missing is a failure that names it") {
    need_root();
    const Unchanged host;
    for (const char* moment :
         {"prestart", "createRuntime", "createContainer", "startContainer", "poststart"}) {
        NotedBundle bundle;
        // The bundle is mounted on its own path in the container.
        const std::string script = bundle.path() + "/orphan";
        write_file(script, "#!/bin/nosuch\n");
        fs::permissions(script, fs::perms::owner_all);
        bundle.add(moment, {{"path", script}});
        Container container(bundle);
        container.global_options = bare_errors();
        Outcome outcome = container.create();
        if (outcome.ok()) outcome = container.start();
        INFO(moment << outcome.describe());
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.err,
                   Catch::Contains("exec " + script +
                                   ": no such file or directory (the interpreter \"/bin/nosuch\" "
                                   "does not exist)"));
    }
}

TEST_CASE("a hook that takes too long is killed with its whole process group") {
    need_root();
    const Unchanged host;
    for (const std::string& moment : kMoments) {
        NotedBundle bundle;
        json slow = hook("sleep 1000 & echo $! >" + bundle.path() + "/child; sleep 1000");
        slow["timeout"] = 1;
        bundle.add(moment, slow);
        Container container(bundle);
        container.global_options = bare_errors();
        Outcome outcome = container.create();
        if (outcome.ok()) outcome = container.start();
        const bool last = moment == "poststop";
        if (last) outcome = container.crux({"delete", "--force", container.id()});
        INFO(moment << outcome.describe());
        CHECK(outcome.status == (last ? 0 : 1));
        if (!last)
            CHECK_THAT(outcome.err,
                       Catch::Contains("error running " + moment +
                                       " hook #0: hook ran past specified timeout of 1.0s"));
        CHECK(container.status() == "");
        CHECK(outcome.elapsed < 10s * slowdown());
        // The number is valid for us only if it is one of our namespace.
        if (moment != "createContainer" && moment != "startContainer") {
            const pid_t child = std::stoi(bundle.note("child"));
            CHECK(eventually([&] {
                const std::string state = status_field(child, "State");
                return state.empty() || state.starts_with("Z");
            }));
        }
    }
}

/// A create whose hook is killed and cannot be reaped.
struct HeldCreate {
    HeldCreate(std::string hooks, const std::string& thread, int timeout)
        : moment(std::move(hooks)), container(bundle) {
        const fs::path tests = fs::read_symlink("/proc/self/exe");
        bundle.add(moment, {{"path", tests.parent_path() / "crux-test-held-hook"},
                            {"args", {"held", thread, bundle.path() + "/tracer"}},
                            {"timeout", timeout}});
        bundle.write();
        container.global_options = bare_errors();
        create = std::make_unique<Process>(
            container.words({"create", "--bundle", bundle.path(), container.id()}));
    }
    std::string moment;
    NotedBundle bundle;
    Container container;
    std::unique_ptr<Process> create;
};

TEST_CASE("a killed hook that cannot be reaped delays create by at most ten seconds") {
    need_root();
    const Unchanged host;
    const int seconds = 2 * slowdown();
    // All at once, because each takes the time limit of the hook and that of the wait after it.
    std::list<HeldCreate> trials;
    for (const char* moment : {"createRuntime", "createContainer"})
        for (const char* thread : {"first", "second"}) trials.emplace_back(moment, thread, seconds);
    for (HeldCreate& trial : trials) {
        const Outcome outcome = trial.create->wait(30s);
        INFO(trial.moment << outcome.describe());
        // Nothing else holds the hook: without its tracer it would be reaped at once.
        REQUIRE_FALSE(trial.bundle.note("tracer").empty());
        CHECK(outcome.status == 1);
        CHECK(outcome.elapsed > std::chrono::seconds(seconds + 9));
        CHECK(outcome.elapsed < std::chrono::seconds(seconds + 11) + 2s * slowdown());
        const bool by_crux = trial.moment == "createRuntime";
        CHECK_THAT(outcome.err,
                   Catch::Contains(by_crux ? "killed hook does not exit"
                                           : "hook #0: hook ran past specified timeout of "));
        CHECK(trial.container.status() == "");
        // The tracer of a hook in the container is killed with its pid namespace.
        if (by_crux) ::kill(std::stoi(trial.bundle.note("tracer")), SIGKILL);
    }
}

TEST_CASE("a hook that leaves a process with its streams does not delay create") {
    need_root();
    const Unchanged host;
    NotedBundle bundle;
    bundle.add("createRuntime",
               hook("setsid sleep 1000 & echo $! >" + bundle.path() + "/child; exit 0"));
    Container container(bundle);
    const Outcome outcome = container.create();
    must(outcome);
    CHECK(outcome.elapsed < 5s * slowdown());
    ::kill(std::stoi(bundle.note("child")), SIGKILL);
}

TEST_CASE("a hook need not read its state, however long it is") {
    need_root();
    const Unchanged host;
    NotedBundle bundle;
    bundle.set("/annotations", {{"long", std::string(40000, 'x')}});
    for (const std::string& moment : kMoments)
        bundle.add(moment, {{"path", "/bin/true"}}).add(moment, hook("exec <&-; sleep 0.05"));
    Container container(bundle);
    must(container.create());
    must(container.start());
    must(container.remove({"--force"}));
    // The foreground blocks signals, among them SIGPIPE of the closed pipes.
    bundle.script("exit 3");
    const Outcome outcome = container.run();
    INFO(outcome.describe());
    CHECK(outcome.status == 3);
}

TEST_CASE("hooks find init in its cgroup with limits") {
    need_root();
    need_controller("pids");
    const Unchanged host;
    NotedBundle bundle;
    bundle.set("/linux/resources/pids", {{"limit", 77}});
    bundle.add("prestart", hook("pid=$(grep -o '\"pid\": *[0-9]*' | grep -o '[0-9]*'); cat "
                                "/proc/$pid/cgroup >" +
                                bundle.path() + "/cgroup"));
    Container container(bundle);
    must(container.create());
    CHECK(bundle.note("cgroup") ==
          read_file("/proc/" + std::to_string(container.pid()) + "/cgroup"));
    CHECK_THAT(bundle.note("cgroup"), Catch::Contains(container.id()));
    CHECK(read_file(*cgroup_of(container.pid(), "pids") + "/pids.max") == "77\n");
}

}  // namespace
}  // namespace crux::test

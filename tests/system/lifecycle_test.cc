// The states of a container and the operations between them (runtime-spec runtime.md, Lifecycle),
// with the messages and exit codes that callers rely on.

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

using nlohmann::json;

const std::vector<std::string> kSleep = {"/bin/sleep", "1000"};

/// The freezer file of the container's cgroup, and its values for the two states.
struct Freezer {
    std::string file;
    std::string frozen;
    std::string thawed;
};

Freezer freezer_of(pid_t pid) {
    const auto path = cgroup_of(pid, "freezer");
    REQUIRE(path);
    if (cgroup_mode() == CgroupMode::v2) return {*path + "/cgroup.freeze", "1", "0"};
    return {*path + "/freezer.state", "FROZEN", "THAWED"};
}

TEST_CASE("a command that changes a container waits for another one") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    Container container(bundle);
    must(container.create());
    must(container.start());
    const int directory =
        ::open(container.state_folder().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(::flock(directory, LOCK_EX) == 0);
    const std::string& id = container.id();
    container.global_options = {"--error-format", "json"};
    std::vector<std::unique_ptr<Process>> waiting;
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"start", id},
                                               {"pause", id},
                                               {"resume", id},
                                               {"delete", id},
                                               {"delete", "-f", id},
                                               {"update", "--pids-limit", "30", id}})
        waiting.push_back(std::make_unique<Process>(container.words(words)));
    for (const auto& each : waiting) {
        const Outcome outcome = each->wait();
        INFO(outcome.describe());
        CHECK(outcome.elapsed > 9s);
        CHECK_THAT(outcome.err, Catch::Contains("another operation holds its lock"));
        CHECK_THAT(outcome.err, Catch::Contains(R"("code":"busy")"));
    }
    ::close(directory);
    CHECK(container.status() == "running");
}

TEST_CASE("kill and delete with --regex are for every container that matches") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    Container first(bundle);
    Container second(bundle);
    Container other(bundle, our_tag() + "-other");
    for (Container* each : {&first, &second, &other}) {
        each->use_root(first.root());
        must(each->create());
        must(each->start());
    }
    const std::string pattern = "^" + our_tag() + "-[0-9]+$";
    const Outcome wrong = first.crux({"delete", "--force", "--regex", "a("});
    CHECK(wrong.status == 1);
    CHECK_THAT(wrong.err, Catch::Contains("invalid regular expression "));
    // Each of the two is an error, and nothing else happens.
    const Outcome running = first.crux({"delete", "--regex", pattern});
    CHECK(running.status == 1);
    REQUIRE(lines_of(running.err).size() == 2);
    CHECK_THAT(running.err, Catch::Contains(first.id()) && Catch::Contains(second.id()));
    must(first.crux({"kill", "--regex", pattern, "KILL"}));
    CHECK(first.reaches("stopped"));
    CHECK(second.reaches("stopped"));
    must(first.crux({"delete", "-r", pattern}));
    CHECK(first.status() == "");
    CHECK(second.status() == "");
    CHECK(other.status() == "running");
    must(first.crux({"delete", "--force", "--regex", "nosuch"}));
    must(first.crux({"delete", "--force", "--regex", "other$"}));
    CHECK(other.status() == "");
}

TEST_CASE("create and run take another file than config.json") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.script("echo other").write();
    std::filesystem::rename(bundle.path() + "/config.json", bundle.path() + "/other.json");
    Bundle plain;
    plain.script("echo plain").write();
    Container container(plain);
    const std::string other = bundle.path() + "/other.json";
    const auto run_with = [&](const std::string& file) {
        return container.crux({"run", "--bundle", plain.path(), "--config", file, container.id()});
    };
    // Its root is relative to the bundle.
    CHECK(run_with(other).out == "other\n");
    std::filesystem::copy_file(other, plain.path() + "/second.json");
    CHECK(run_with("second.json").out == "other\n");
    const Outcome missing = run_with("nosuch.json");
    CHECK(missing.status == 1);
    CHECK_THAT(missing.err, Catch::Contains("JSON specification file nosuch.json not found"));
    must(container.crux(
        {"create", "--bundle", plain.path(), "--config", "second.json", container.id()}));
    must(container.crux({"delete", "--force", container.id()}));
}

TEST_CASE("a container is created, runs, stops and is deleted once") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    Container container(bundle);
    container.global_options = bare_errors();
    must(container.create());
    const pid_t pid = container.pid();
    CHECK(container.status() == "created");
    CHECK(container.state()["pid"] == pid);
    CHECK(std::filesystem::exists(container.state_folder() + "/exec.fifo"));
    must(container.start());
    // The change is visible when start returns.
    CHECK(container.status() == "running");
    CHECK(container.state()["pid"] == pid);
    CHECK(read_file("/proc/" + std::to_string(pid) + "/comm") == "sleep\n");
    CHECK_FALSE(std::filesystem::exists(container.state_folder() + "/exec.fifo"));
    must(container.kill());
    CHECK(exit_of(pid) == 128 + SIGKILL);
    CHECK(container.status() == "stopped");
    CHECK(container.state()["pid"] == 0);
    must(container.remove());
    CHECK_FALSE(std::filesystem::exists(container.state_folder()));
    for (const char* command : {"state", "start", "delete", "kill", "pause", "resume"}) {
        INFO(command);
        refused(container.crux({command, container.id()}), "container does not exist");
    }
    must(container.remove({"--force"}));
}

TEST_CASE("delete takes what is created or stopped, and refuses what runs or is paused") {
    need_root();
    need_controller("freezer");
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    Container container(bundle);
    container.global_options = bare_errors();
    const std::string refusal =
        "cannot delete container " + container.id() + " that is not stopped: ";
    must(container.create());
    must(container.remove());
    CHECK(container.status() == "");

    must(container.create());
    must(container.start());
    refused(container.remove(), refusal + "running");
    CHECK(container.status() == "running");
    must(container.pause());
    refused(container.remove(), refusal + "paused");
    CHECK(container.status() == "paused");
    must(container.resume());
    must(container.kill());
    REQUIRE(container.reaches("stopped"));
    must(container.remove());

    must(container.create());
    must(container.pause());
    refused(container.remove(), refusal + "paused");
    must(container.resume());
    must(container.remove());
}

TEST_CASE("delete by force succeeds in every state and without a container") {
    need_root();
    need_controller("freezer");
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    const std::vector<std::vector<std::string>> ways = {
        {}, {"start"}, {"start", "pause"}, {"pause"}, {"start", "kill"}, {"kill"}};
    for (const auto& way : ways) {
        Container container(bundle);
        must(container.create());
        const pid_t pid = container.pid();
        for (const std::string& command : way) {
            INFO(command);
            must(command == "kill" ? container.kill() : container.crux({command, container.id()}));
        }
        must(container.remove({"--force"}));
        CHECK(exit_of(pid) == 128 + SIGKILL);
        CHECK_FALSE(std::filesystem::exists(container.state_folder()));
        must(container.remove({"-f"}));
    }
}

TEST_CASE("delete by force removes an incomplete directory of a killed create") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    Container container(bundle);
    container.global_options = bare_errors();
    for (const bool force : {true, false}) {
        std::filesystem::create_directories(container.state_folder());
        write_file(container.state_folder() + "/config.json", "{");
        CHECK(container.status() == "");
        CHECK(container.crux({"list", "-q"}).out == "");
        if (force)
            must(container.remove({"--force"}));
        else
            refused(container.remove(), "container does not exist");
        CHECK_FALSE(std::filesystem::exists(container.state_folder()));
    }
}

TEST_CASE("kill understands numbers and names in every form, and means TERM without one") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.script(
        "trap 'echo usr1' USR1; trap 'echo term; exit 3' TERM; echo ready;"
        "while :; do sleep 1000 & wait $!; done");
    Container container(bundle);
    container.global_options = bare_errors();
    must(container.create());
    must(container.start());
    const pid_t pid = container.pid();
    std::string expected = "ready\n";
    REQUIRE(eventually([&] { return container.out() == expected; }));
    for (const char* word : {"10", "USR1", "SIGUSR1", "usr1", "sigusr1", "SigUsr1"}) {
        must(container.kill(word));
        expected += "usr1\n";
        INFO(word << '\n' << container.out());
        CHECK(eventually([&] { return container.out() == expected; }));
    }
    must(container.kill("0"));
    for (const char* word : {"FOO", "SIGFOO", "-1", "65", "1x", " 9"}) {
        INFO(word);
        refused(container.crux({"kill", "--", container.id(), word}),
                "unknown signal \"" + std::string(word) + '"');
    }
    CHECK(container.out() == expected);
    must(container.crux({"kill", container.id()}));
    CHECK(exit_of(pid) == 3);
    CHECK(container.out() == expected + "term\n");
}

TEST_CASE("a real-time signal is sent by its number") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    // The first process of a pid namespace would ignore it.
    bundle.args(kSleep).without_name_space("pid");
    Container container(bundle);
    must(container.create());
    must(container.start());
    const pid_t pid = container.pid();
    must(container.kill("40"));
    CHECK(exit_of(pid) == 128 + 40);
}

TEST_CASE("a container that was only created is ended by TERM as by KILL") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    for (const char* signal : {"KILL", "TERM", "INT", "HUP"}) {
        Container container(bundle);
        container.global_options = bare_errors();
        must(container.create());
        const pid_t pid = container.pid();
        must(container.kill(signal));
        INFO(signal);
        const auto end = exit_of(pid);
        CHECK(end.value_or(0) > 128);
        CHECK(container.status() == "stopped");
        refused(container.start(), "cannot start a container that has stopped");
        refused(container.kill("TERM"), "container not running");
        must(container.remove());
    }
}

TEST_CASE("kill of a container that has stopped is an error, and none with --all") {
    need_root();
    const Unchanged host;
    for (const bool own : {true, false}) {
        Bundle bundle;
        bundle.args({"/bin/true"});
        if (!own) bundle.without_name_space("pid");
        Container container(bundle);
        container.global_options = bare_errors();
        const std::string& id = container.id();
        for (const char* flag : {"-a", "--all"})
            refused(container.crux({"kill", flag, id, "9"}), "container does not exist");
        must(container.create());
        must(container.start());
        CHECK(exit_of(container.pid()) == 0);
        for (const char* signal : {"TERM", "KILL", "0"}) {
            INFO(signal << own);
            refused(container.kill(signal), "container not running");
            must(container.crux({"kill", "--all", id, signal}));
            must(container.crux({"kill", id, "-a", signal}));
        }
        must(container.remove());
    }
}

TEST_CASE("an init that has ended but was not waited for counts as stopped") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/true"});
    Container container(bundle);
    container.global_options = bare_errors();
    must(container.create());
    must(container.start());
    const pid_t pid = container.pid();
    REQUIRE(eventually([&] { return status_field(pid, "State").starts_with("Z"); }));
    CHECK(container.status() == "stopped");
    refused(container.kill("9"), "container not running");
    must(container.remove());
    CHECK(exit_of(pid) == 0);
}

TEST_CASE("a process that has init's number but is not init is left alone") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/true"});
    Container container(bundle);
    container.global_options = bare_errors();
    must(container.create());
    must(container.start());
    CHECK(exit_of(container.pid()) == 0);
    // According to the record, another process now has this pid.
    Process other({"/bin/sleep", "1000"});
    json record = json::parse(read_file(container.state_folder() + "/state.json"));
    bool found = false;
    for (auto& [key, value] : record.items())
        if (value.is_number() && value == container.pid()) {
            value = other.pid();
            found = true;
        }
    REQUIRE(found);
    write_file(container.state_folder() + "/state.json", record.dump());
    CHECK(container.status() == "stopped");
    refused(container.kill("9"), "container not running");
    must(container.remove({"--force"}));
    CHECK_FALSE(other.ended());
}

TEST_CASE("without a pid namespace of its own, KILL and delete reach all that outlived init") {
    need_root();
    const Unchanged host;
    for (const char* way : {"kill", "kill --all", "delete", "delete --force"}) {
        Bundle bundle;
        bundle.without_name_space("pid").script("sleep 1000 & echo $!");
        Container container(bundle);
        must(container.create());
        must(container.start());
        CHECK(exit_of(container.pid()) == 0);
        const pid_t left = std::stoi(container.out());
        REQUIRE(::kill(left, 0) == 0);
        CHECK(container.status() == "stopped");
        INFO(way);
        if (way == std::string("kill"))
            must(container.kill("KILL"));
        else if (way == std::string("kill --all"))
            must(container.crux({"kill", "--all", container.id(), "9"}));
        else if (way == std::string("delete"))
            must(container.remove());
        else
            must(container.remove({"--force"}));
        CHECK(exit_of(left) == 128 + SIGKILL);
        must(container.remove({"--force"}));
    }
}

TEST_CASE("pause stops every process and resume continues them") {
    need_root();
    need_controller("freezer");
    const Unchanged host;
    Bundle bundle;
    bundle.script("while :; do echo; usleep 1000; done");
    Container container(bundle);
    container.global_options = bare_errors();
    must(container.create());
    must(container.start());
    refused(container.resume(), "container not paused");
    must(container.pause());
    CHECK(container.status() == "paused");
    CHECK(container.state()["pid"] == container.pid());
    CHECK_THAT(read_file(freezer_of(container.pid()).file),
               Catch::StartsWith(freezer_of(container.pid()).frozen));
    const std::size_t said = container.out().size();
    refused(container.pause(), "container not running");
    refused(container.start(), "cannot start a container in the paused state");
    CHECK(container.out().size() == said);
    must(container.resume());
    CHECK(container.status() == "running");
    CHECK(eventually([&] { return container.out().size() > said; }));
    refused(container.resume(), "container not paused");
}

TEST_CASE("a created container is paused and resumed to what it was") {
    need_root();
    need_controller("freezer");
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    Container container(bundle);
    container.global_options = bare_errors();
    must(container.create());
    must(container.pause());
    CHECK(container.status() == "paused");
    refused(container.start(), "cannot start a container in the paused state");
    must(container.resume());
    CHECK(container.status() == "created");
    must(container.start());
    CHECK(container.status() == "running");
}

TEST_CASE("a paused container is ended by KILL") {
    need_root();
    need_controller("freezer");
    const Unchanged host;
    for (const bool own : {true, false})
        for (const bool started : {true, false}) {
            Bundle bundle;
            bundle.args(kSleep);
            if (!own) bundle.without_name_space("pid");
            Container container(bundle);
            must(container.create());
            const pid_t pid = container.pid();
            if (started) must(container.start());
            must(container.pause());
            INFO(own << started);
            // The first process of a private pid namespace ignores the signal. In another one, a
            // signal that ends a process also ends it in the freezer of cgroup v2.
            if (own || cgroup_mode() != CgroupMode::v2) must(container.kill("TERM"));
            CHECK(container.status() == "paused");
            must(container.kill("KILL"));
            CHECK(exit_of(pid).value_or(0) > 128);
            CHECK(container.status() == "stopped");
            must(container.remove());
        }
}

TEST_CASE("a frozen container whose init is dead is resumed and then deleted") {
    need_root();
    need_controller("freezer");
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    Container container(bundle);
    container.global_options = bare_errors();
    must(container.create());
    must(container.start());
    const pid_t pid = container.pid();
    const Freezer freezer = freezer_of(pid);
    must(container.kill());
    CHECK(exit_of(pid) == 128 + SIGKILL);
    write_file(freezer.file, freezer.frozen);
    REQUIRE(eventually([&] { return container.status() == "paused"; }));
    refused(container.remove(),
            "cannot delete container " + container.id() + " that is not stopped: paused");
    must(container.resume());
    CHECK(container.status() == "stopped");
    must(container.remove());
}

TEST_CASE("a container that another program froze is paused") {
    need_root();
    need_controller("freezer");
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    Container container(bundle);
    must(container.create());
    must(container.start());
    const Freezer freezer = freezer_of(container.pid());
    write_file(freezer.file, freezer.frozen);
    CHECK(container.reaches("paused"));
    write_file(freezer.file, freezer.thawed);
    CHECK(container.reaches("running"));
}

TEST_CASE("an id is used once, and a second create changes nothing") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    Container container(bundle);
    container.global_options = bare_errors();
    must(container.create());
    const json state = container.state();
    Bundle other;
    other.write();
    const std::string taken = "container with given ID already exists";
    refused(container.crux({"create", "-b", other.path(), "--pid-file", other.path() + "/pid",
                            container.id()}),
            "runc create failed: " + taken);
    refused(container.crux({"run", "-b", other.path(), container.id()}),
            "runc run failed: " + taken);
    CHECK_FALSE(std::filesystem::exists(other.path() + "/pid"));
    CHECK(container.state() == state);
    must(container.start());
    CHECK(container.status() == "running");
}

TEST_CASE("containers of one id in two state roots know nothing of each other") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep).set("/linux/cgroupsPath", "/" + our_tag() + "-first");
    Container first(bundle);
    must(first.create());
    Bundle other;
    other.args(kSleep).set("/linux/cgroupsPath", "/" + our_tag() + "-second");
    other.write();
    const std::string root = work_folder() + "/state/other-root";
    const std::vector<std::string> crux = {crux_program(), "--root", root};
    const auto call = [&](std::vector<std::string> words) {
        words.insert(words.begin(), crux.begin(), crux.end());
        return run(words);
    };
    must(call({"create", "-b", other.path(), first.id()}));
    must(call({"delete", first.id()}));
    CHECK(first.status() == "created");
    std::filesystem::remove(root);
}

TEST_CASE("the state root is made with its parents, for root alone") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep).write();
    const std::string top = work_folder() + "/made";
    const std::string root = top + "/by/crux";
    const auto call = [&](std::vector<std::string> words) {
        words.insert(words.begin(), {crux_program(), "--root", root});
        return run(words);
    };
    const std::string id = our_tag() + "-made";
    must(call({"delete", "--force", id}));
    CHECK_FALSE(std::filesystem::exists(top));
    const mode_t before = ::umask(0);
    must(call({"create", "-b", bundle.path(), id}));
    ::umask(before);
    for (const std::string& path : {top, top + "/by", root, root + '/' + id}) {
        struct ::stat status = {};
        REQUIRE(::stat(path.c_str(), &status) == 0);
        INFO(path);
        CHECK((status.st_mode & 07777) == 0700);
        CHECK(status.st_uid == 0);
    }
    must(call({"delete", id}));
    std::filesystem::remove_all(top);
}

TEST_CASE("the container keeps the config.json of create, also if the file changes later") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const std::string note = bundle.path() + "/note";
    bundle.script("echo first; exit 4")
        .set("/annotations", {{"which", "first"}})
        .set("/hooks/poststop",
             {{{"path", "/bin/sh"}, {"args", {"sh", "-c", "echo poststop >" + note}}}});
    Container container(bundle);
    must(container.create());
    bundle.write_raw("{ this is no JSON");
    CHECK(container.state()["annotations"]["which"] == "first");
    must(container.start());
    CHECK(exit_of(container.pid()) == 4);
    CHECK(container.out() == "first\n");
    std::filesystem::remove(bundle.path() + "/config.json");
    must(container.remove());
    CHECK(read_file(note) == "poststop\n");
}

TEST_CASE("a config without a process is created, but not started") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.remove("/process");
    Container container(bundle);
    container.global_options = bare_errors();
    must(container.create());
    CHECK(container.status() == "created");
    refused_with(container.start(), "process");
    CHECK(container.status() == "created");
    must(container.remove());
}

TEST_CASE("delete and list run concurrently with create and delete of other containers") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    Container container(bundle);
    must(container.create());
    std::vector<std::unique_ptr<Process>> beside;
    for (int i = 0; i < 4; ++i) {
        beside.push_back(
            std::make_unique<Process>(container.words({"delete", "-f", container.id()})));
        beside.push_back(std::make_unique<Process>(container.words({"list", "-q"})));
        beside.push_back(std::make_unique<Process>(container.words({"state", container.id()})));
    }
    for (std::size_t i = 0; i < beside.size(); ++i) {
        const Outcome outcome = beside[i]->wait();
        INFO(i << outcome.describe());
        if (i % 3 == 2) {
            CHECK((outcome.ok() || outcome.err.find("does not exist") != std::string::npos));
        } else {
            CHECK(outcome.ok());
            CHECK(outcome.err == "");
        }
    }
    CHECK(container.status() == "");
}

TEST_CASE("two hundred containers made and removed concurrently leave nothing") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep).write();
    const std::string root = work_folder() + "/state";
    constexpr int kBatches = 20;
    constexpr int kAtOnce = 10;
    for (int batch = 0; batch < kBatches; ++batch) {
        const std::string prefix = our_tag() + "-many-" + std::to_string(batch) + '-';
        const auto all = [&](const std::vector<std::string>& before,
                             const std::vector<std::string>& after) {
            std::vector<std::unique_ptr<Process>> running;
            for (int i = 0; i < kAtOnce; ++i) {
                std::vector<std::string> words = {crux_program(), "--root", root};
                words.insert(words.end(), before.begin(), before.end());
                words.push_back(prefix + std::to_string(i));
                words.insert(words.end(), after.begin(), after.end());
                running.push_back(std::make_unique<Process>(words));
            }
            for (const auto& one : running) must(one->wait());
        };
        all({"create", "-b", bundle.path()}, {});
        all({"start"}, {});
        all({"kill"}, {"KILL"});
        all({"delete", "--force"}, {});
        while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;
    }
}

}  // namespace
}  // namespace crux::test

// run: exit code, signals and streams in the foreground, and the effect of --detach and --keep.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/exec.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

const std::vector<std::string> kSleep = {"/bin/sleep", "1000"};

TEST_CASE("run passes streams and exit codes through and leaves nothing") {
    need_root();
    const Unchanged host;
    for (const int code : {0, 1, 42, 255}) {
        Bundle bundle;
        bundle.script("cat; echo complaint >&2; exit " + std::to_string(code));
        Container container(bundle);
        CommandOptions options;
        options.input = "given\n";
        const Outcome outcome = container.run({}, options);
        CHECK(outcome.status == code);
        CHECK(outcome.out == "given\n");
        CHECK(outcome.err == "complaint\n");
        CHECK(container.status() == "");
    }
}

TEST_CASE("run answers 128 and the number of the signal that ended the program") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep).without_name_space("pid");
    for (const int signal : {SIGKILL, SIGTERM, SIGUSR1}) {
        Container container(bundle);
        const auto running = container.run_beside();
        REQUIRE(container.reaches("running"));
        must(container.kill(std::to_string(signal)));
        const Outcome outcome = running->wait();
        CHECK(outcome.status == 128 + signal);
        CHECK(outcome.err == "");
        CHECK(container.status() == "");
    }
}

TEST_CASE("signals sent to run reach the program") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.script(
        "for s in HUP INT QUIT USR1 USR2 ALRM CONT TERM; do trap \"echo $s\" $s; done;"
        "echo ready; while :; do sleep 1000 & wait $!; done");
    Container container(bundle);
    const auto running = container.run_beside();
    std::string expected = "ready\n";
    const auto says = [&](const std::string& more) {
        expected += more;
        return eventually([&] { return running->out() == expected; });
    };
    REQUIRE(says(""));
    const struct {
        int number;
        const char* name;
    } signals[] = {{SIGHUP, "HUP"},   {SIGINT, "INT"},   {SIGQUIT, "QUIT"}, {SIGUSR1, "USR1"},
                   {SIGUSR2, "USR2"}, {SIGALRM, "ALRM"}, {SIGCONT, "CONT"}, {SIGTERM, "TERM"}};
    for (const auto& signal : signals) {
        running->signal(signal.number);
        INFO(signal.name << '\n' << running->out());
        CHECK(says(signal.name + std::string("\n")));
    }
    // These two are about run itself.
    running->signal(SIGWINCH);
    running->signal(SIGURG);
    CHECK_FALSE(running->ended());
    must(container.kill());
    CHECK(running->wait().status == 128 + SIGKILL);
    CHECK(running->out() == expected);
}

TEST_CASE("run --detach returns when the program runs, and leaves it to the caller") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    Container container(bundle);
    container.global_options = bare_errors();
    for (const char* flag : {"-d", "--detach"}) {
        must(container.run({flag, "--pid-file", bundle.path() + "/pid"}));
        const pid_t pid = container.pid();
        CHECK(container.status() == "running");
        CHECK(container.state()["pid"] == pid);
        CHECK(read_file("/proc/" + std::to_string(pid) + "/comm") == "sleep\n");
        CHECK(status_field(pid, "PPid") == std::to_string(::getpid()));
        must(container.kill());
        CHECK(exit_of(pid) == 128 + SIGKILL);
        CHECK(container.status() == "stopped");
        must(container.remove());
    }
}

TEST_CASE("run --keep leaves a stopped container with its cgroup") {
    need_root();
    need_controller("memory");
    const Unchanged host;
    Bundle bundle;
    bundle.script("exit 9");
    Container container(bundle);
    CHECK(container.run({"--keep"}).status == 9);
    CHECK(container.status() == "stopped");
    std::filesystem::path parent = *cgroup_of(::getpid(), "memory");
    // On v2 next to the caller's: a cgroup with processes cannot enable controllers for its
    // children.
    if (cgroup_mode() == CgroupMode::v2 && parent != *controller_mount("memory") + "/")
        parent = parent.parent_path();
    const std::string cgroup = parent / container.id();
    CHECK(std::filesystem::exists(cgroup));
    must(container.remove());
    CHECK_FALSE(std::filesystem::exists(cgroup));
    CHECK(container.run().status == 9);
    CHECK_FALSE(std::filesystem::exists(cgroup));
    CHECK(container.status() == "");
}

TEST_CASE("run of a container that another process deletes still has its exit code") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    Container container(bundle);
    container.global_options = bare_errors();
    const auto running = container.run_beside();
    REQUIRE(container.reaches("running"));
    must(container.remove({"--force"}));
    const Outcome outcome = running->wait();
    CHECK(outcome.status == 128 + SIGKILL);
    CHECK(outcome.err == "");
}

TEST_CASE("run waits only for init, and removes processes that outlive it") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.without_name_space("pid").script("sleep 1000 & exit 5");
    Container container(bundle);
    const Outcome outcome = container.run();
    CHECK(outcome.status == 5);
    CHECK(outcome.err == "");
}

TEST_CASE("run writes its pid file before the program can end") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    Container container(bundle);
    const std::string file = bundle.path() + "/pid";
    const auto running = container.run_beside({"--pid-file", file});
    REQUIRE(container.reaches("running"));
    CHECK(read_file(file) == std::to_string(container.state()["pid"].get<int>()));
    must(container.kill());
    CHECK(running->wait().status == 128 + SIGKILL);
}

TEST_CASE("run in the foreground with a killed runtime leaves a container that can be deleted") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    Container container(bundle);
    const auto running = container.run_beside();
    REQUIRE(container.reaches("running"));
    running->signal(SIGKILL);
    CHECK(running->wait().signal == SIGKILL);
    CHECK(container.status() == "running");
    must(container.remove({"--force"}));
}

TEST_CASE("a caller that ignores SIGCHLD changes nothing for run") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.script("exit 6");
    bundle.write();
    Container container(bundle);
    std::string line = "trap '' CHLD; exec";
    for (const std::string& word : container.words({"run", "-b", bundle.path(), container.id()}))
        line += " '" + word + '\'';
    CHECK(run({"/bin/sh", "-c", line}).status == 6);
}

TEST_CASE("what every runtime accepts without a word is not written to standard error") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.script("true");
    bundle.set("/hostnam", "x")
        .set("/Annotations", {{"org.opencontainers.image.stopSignal", ""}})
        .set("/windows", nlohmann::json::object())
        .set("/linux/resources/memory", {{"kernel", 0}, {"kernelTCP", 0}});
    Container container(bundle);
    const Outcome quiet = container.run();
    INFO(quiet.describe());
    CHECK(quiet.ok());
    CHECK(quiet.err.empty());
    container.global_options = {"--log-level", "info"};
    const Outcome told = container.run();
    const Outcome valid = run({crux_program(), "validate", "--bundle", bundle.path()});
    INFO(valid.describe());
    for (const char* place : {"/hostnam: ", "stopSignal: ", "/windows: ", "/memory/kernel: ",
                              "/memory/kernelTCP: ", "/Annotations: "}) {
        INFO(place);
        CHECK_THAT(told.err, Catch::Contains(place));
        CHECK_THAT(valid.out + valid.err, Catch::Contains(place));
    }
    CHECK(told.err.find("level=warning") == std::string::npos);
}

TEST_CASE("a warning of exec goes to the log, not to the streams of its program") {
    need_root();
    constexpr int kSysResource = 24;
    if (has_capability(kSysResource)) skip("needs a capability that root does not have");
    const Unchanged host;
    Bundle bundle;
    Sleeper container(bundle);
    const std::vector<std::string> command = {"exec", "--cap", "CAP_SYS_RESOURCE", container.id(),
                                              "true"};
    const Outcome quiet = container.crux(command);
    INFO(quiet.describe());
    CHECK(quiet.ok());
    CHECK(quiet.err.empty());
    const std::string log = bundle.path() + "/log";
    container.global_options = {"--log", log};
    CHECK(container.crux(command).ok());
    CHECK_THAT(read_file(log), Catch::Contains("level=warning") &&
                                   Catch::Contains("cannot be granted: CAP_SYS_RESOURCE"));
}

}  // namespace
}  // namespace crux::test

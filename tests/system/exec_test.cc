// exec: the containers that accept another process, its options and visibility, and its end.

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/exec.h"
#include "tests/support/facts.h"
#include "tests/support/terminal.h"

namespace crux::test {
namespace {

namespace fs = std::filesystem;

constexpr int kFailed = 255;

TEST_CASE("exec passes streams and exit codes through") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const Sleeper container(bundle);
    for (const int code : {0, 1, 42, 255}) {
        CommandOptions options;
        options.input = "given\n";
        const Outcome outcome = container.exec_script(
            {}, "cat; echo complaint >&2; exit " + std::to_string(code), options);
        CHECK(outcome.status == code);
        CHECK(outcome.out == "given\n");
        CHECK(outcome.err == "complaint\n");
    }
    for (const int signal : {SIGKILL, SIGTERM, SIGSEGV}) {
        const Outcome outcome =
            container.exec_script({}, "kill -" + std::to_string(signal) + " $$");
        CHECK(outcome.status == 128 + signal);
        CHECK(outcome.err == "");
    }
    CHECK(container.status() == "running");
}

TEST_CASE("signals sent to exec reach its process") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const Sleeper container(bundle);
    const auto running = container.exec_beside(
        {}, {"/bin/sh", "-c",
             "trap 'echo term' TERM; trap 'exit 3' INT; echo ready; while :; do sleep 1000 & wait "
             "$!; done"});
    REQUIRE(eventually([&] { return running->out() == "ready\n"; }));
    running->signal(SIGTERM);
    REQUIRE(eventually([&] { return running->out() == "ready\nterm\n"; }));
    running->signal(SIGINT);
    CHECK(running->wait().status == 3);
    CHECK(container.status() == "running");
}

TEST_CASE("exec takes everything behind the container's id for the command's") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const Sleeper container(bundle);
    const Outcome outcome =
        container.exec({"--env", "A=1"}, {"/bin/echo", "--env", "-t", "--", "--cwd=/x"});
    CHECK(outcome.out == "--env -t -- --cwd=/x\n");
    CHECK(outcome.status == 0);
}

TEST_CASE("exec says why it cannot run something, with exit code 255") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.file("/bin/data", "text", 0644).file("/bin/script", "#!/bin/nosuch\n", 0755);
    const Sleeper container(bundle);
    const struct {
        std::vector<std::string> flags;
        std::vector<std::string> words;
        const char* sentence;
    } cases[] = {
        {{}, {}, "exec failed: exec args cannot be empty"},
        {{},
         {"nosuch"},
         "exec failed: unable to start container process: exec: \"nosuch\": executable file not "
         "found in $PATH"},
        {{},
         {"/nosuch"},
         "exec failed: unable to start container process: exec: \"/nosuch\": stat /nosuch: no such "
         "file or directory"},
        {{},
         {"/bin/data"},
         "exec failed: unable to start container process: exec: \"/bin/data\": permission denied"},
        {{},
         {"/bin"},
         "exec failed: unable to start container process: exec: \"/bin\": is a directory: "
         "permission denied"},
        {{"-u", "root"},
         {"id"},
         "exec failed: bad uid: \"root\" is not a number from 0 to 4294967294"},
        {{"-u", "0:root"},
         {"id"},
         "exec failed: bad gid: \"root\" is not a number from 0 to 4294967294"},
        {{"-g", "-1"}, {"id"}, "exec failed: additional-gids must be a positive number -1"},
        {{"-p", "/nosuch.json"},
         {},
         "exec failed: process file /nosuch.json: open: no such file or directory"},
        {{"--detach", "--tty"},
         {"id"},
         "exec failed: cannot allocate tty if runc will detach without setting console socket"},
        {{"--console-socket", "/nosuch"},
         {"id"},
         "exec failed: cannot use console socket if runc will not detach or allocate tty"},
    };
    for (const auto& entry : cases) {
        INFO(entry.sentence);
        refused(container.exec(entry.flags, entry.words), entry.sentence, kFailed);
    }
    refused_with(container.exec({"--cwd", "/nosuch"}, {"id"}), "no such file or directory",
                 kFailed);
    refused_with(container.exec({"--cwd", "relative"}, {"id"}), "Cwd must be an absolute path",
                 kFailed);
    refused(container.crux({"exec", "nosuch", "id"}), "exec failed: container does not exist",
            kFailed);
}

TEST_CASE("a wrong command line of exec is a usage error, with exit code 1") {
    need_root();
    Bundle bundle;
    const Container container(bundle);
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"exec"}, {"exec", "--nosuch", "id"}, {"exec", "--user"}}) {
        const Outcome outcome = container.crux(words);
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.out, Catch::StartsWith("Incorrect Usage"));
    }
}

TEST_CASE("a program that the kernel refuses ends exec's process with 255") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.file("/bin/script", "#!/bin/nosuch\n", 0755);
    const Sleeper container(bundle);
    const Outcome outcome = container.exec({}, {"/bin/script"});
    CHECK(outcome.status == kFailed);
    CHECK(outcome.err ==
          "exec /bin/script: no such file or directory (the interpreter \"/bin/nosuch\" does not "
          "exist)\n");
}

TEST_CASE("a failure of exec is one entry of the log and the sentence on standard error") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    Sleeper container(bundle);
    const std::string log = bundle.path() + "/log.json";
    container.global_options = {"--log", log, "--log-format", "json"};
    const std::string sentence =
        "exec failed: unable to start container process: exec: \"nosuch\": executable file not "
        "found in $PATH";
    refused(container.exec({}, {"nosuch"}), sentence, kFailed);
    const auto entry = nlohmann::json::parse(read_file(log));
    CHECK(entry.at("level") == "error");
    CHECK(entry.at("msg") == sentence);
}

TEST_CASE("exec enters a container that is created, not one that has stopped") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/sleep", "1000"});
    Container container(bundle);
    container.global_options = bare_errors();
    must(container.create());
    CHECK(container.crux({"exec", container.id(), "/bin/echo", "here"}).out == "here\n");
    CHECK(container.status() == "created");
    const pid_t pid = container.pid();
    must(container.start());
    must(container.kill());
    REQUIRE(exit_of(pid));
    refused(container.crux({"exec", container.id(), "id"}),
            "exec failed: cannot exec in a stopped container", kFailed);
}

TEST_CASE("exec into a paused container is refused without --ignore-paused") {
    need_root();
    need_controller("freezer");
    const Unchanged host;
    Bundle bundle;
    Sleeper container(bundle);
    must(container.pause());
    refused(container.exec({}, {"id"}),
            "exec failed: cannot exec in a paused container (use --ignore-paused to override)",
            kFailed);
    const auto waiting = container.exec_beside({"--ignore-paused"}, {"/bin/echo", "thawed"});
    ::usleep(200'000);
    CHECK_FALSE(waiting->ended());
    CHECK(waiting->out() == "");
    must(container.resume());
    const Outcome outcome = waiting->wait();
    CHECK(outcome.status == 0);
    CHECK(outcome.out == "thawed\n");
}

TEST_CASE("exec --detach leaves a child of the caller behind and its pid in the pid file") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    Sleeper container(bundle);
    const std::string file = bundle.path() + "/exec.pid";
    for (const char* flag : {"-d", "--detach"}) {
        must(container.exec({flag, "--pid-file", file}, {"/bin/sleep", "1000"}));
        const std::string text = read_file(file);
        CHECK(text.find_first_not_of("0123456789") == std::string::npos);
        const pid_t pid = std::stoi(text);
        CHECK(status_field(pid, "PPid") == std::to_string(::getpid()));
        CHECK(::getsid(pid) == pid);
        CHECK(eventually([&] { return read_file("/proc/" + text + "/comm") == "sleep\n"; }));
        for (const char* type : {"pid", "mnt", "net", "ipc", "uts", "cgroup", "user", "time"}) {
            INFO(type);
            CHECK(link_of("/proc/" + text + "/ns/" + type) ==
                  link_of("/proc/" + std::to_string(container.pid()) + "/ns/" + type));
        }
        CHECK(::kill(pid, SIGKILL) == 0);
        CHECK(exit_of(pid) == 128 + SIGKILL);
    }
}

TEST_CASE("a detached exec's process has its end with the container") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    Sleeper container(bundle);
    const std::string file = bundle.path() + "/exec.pid";
    must(container.exec({"-d", "--pid-file", file}, {"/bin/sleep", "1000"}));
    const pid_t pid = std::stoi(read_file(file));
    must(container.kill());
    CHECK(exit_of(pid) == 128 + SIGKILL);
}

TEST_CASE("exec that fails leaves no pid file") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const Sleeper container(bundle);
    const std::string file = bundle.path() + "/exec.pid";
    for (const char* detach : {"--detach", "--detach=false"}) {
        CHECK(container.exec({detach, "--pid-file", file}, {"nosuch"}).status == kFailed);
        CHECK(container.exec({detach, "--pid-file", file, "--cwd", "/nosuch"}, {"id"}).status ==
              kFailed);
        CHECK_FALSE(fs::exists(file));
    }
    // A pid file that cannot be written ends the process.
    CHECK(
        container.exec({"-d", "--pid-file", bundle.path() + "/nosuch/pid"}, {"/bin/sleep", "1000"})
            .status == kFailed);
    CHECK(container.exec_script({}, "ps | grep -c [s]leep").out == "1\n");
}

TEST_CASE("exec sends a pidfd of its process to the caller") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const Sleeper container(bundle);
    HandOver socket(bundle.path() + "/pidfd");
    const std::string file = bundle.path() + "/exec.pid";
    must(container.exec({"-d", "--pidfd-socket", socket.path(), "--pid-file", file},
                        {"/bin/sleep", "1000"}));
    socket.receive();
    CHECK(socket.payload() == "setns");
    REQUIRE(::syscall(SYS_pidfd_send_signal, socket.file(), SIGTERM, nullptr, 0) == 0);
    CHECK(exit_of(std::stoi(read_file(file))) == 128 + SIGTERM);
}

TEST_CASE("exec passes descriptors on, and no others") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const Sleeper container(bundle);
    const int file = ::open((bundle.path() + "/config.json").c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(file >= 0);
    CommandOptions options;
    options.fds = {{3, file}, {4, file}, {9, file}};
    const std::string list = "ls /proc/self/fd";
    // The last one is the descriptor of ls for the directory.
    CHECK(container.exec_script({}, list, options).out == "0\n1\n2\n3\n");
    CHECK(container.exec_script({"--preserve-fds", "2"}, list, options).out ==
          "0\n1\n2\n3\n4\n5\n");
    CHECK(container.exec_script({"--preserve-fds", "1"}, "grep -c ociVersion <&3", options).out ==
          "1\n");
    ::close(file);
    options.fds = {};
    // A descriptor that the caller does not have is a hole.
    CHECK(container.exec_script({"--preserve-fds", "1"}, list, options).out == "0\n1\n2\n3\n");
}

TEST_CASE("a hundred execs at once all succeed and leave nothing") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const Sleeper container(bundle);
    std::vector<std::unique_ptr<Process>> all;
    for (int i = 0; i < 100; ++i)
        all.push_back(container.exec_beside(
            {}, {"/bin/sh", "-c", "echo " + std::to_string(i) + "; exit " + std::to_string(i)}));
    for (int i = 0; i < 100; ++i) {
        const Outcome outcome = all[static_cast<std::size_t>(i)]->wait(60s);
        INFO(outcome.describe());
        CHECK(outcome.status == i);
        CHECK(outcome.out == std::to_string(i) + '\n');
    }
    CHECK(container.exec_script({}, "ps | grep -c [s]leep").out == "1\n");
}

TEST_CASE("a process of exec continues when its runtime is killed") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const Sleeper container(bundle);
    const std::string file = bundle.path() + "/exec.pid";
    const auto running = container.exec_beside({"--pid-file", file}, {"/bin/sleep", "1000"});
    REQUIRE(eventually([&] { return fs::exists(file); }));
    running->signal(SIGKILL);
    CHECK(running->wait().signal == SIGKILL);
    const pid_t pid = std::stoi(read_file(file));
    CHECK(eventually([&] { return status_field(pid, "State") == "S (sleeping)"; }));
    CHECK(::kill(pid, SIGKILL) == 0);
    CHECK(exit_of(pid) == 128 + SIGKILL);
}

}  // namespace
}  // namespace crux::test

#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/command.h"
#include "tests/support/facts.h"
#include "tests/support/host_snapshot.h"

using namespace crux::test;

TEST_CASE("a command's outputs, exit code and input are kept") {
    const Outcome outcome = run({"sh", "-c", "cat; echo oops >&2; exit 3"}, {.input = "hello"});
    CHECK(outcome.status == 3);
    CHECK(outcome.out == "hello");
    CHECK(outcome.err == "oops\n");
    CHECK_FALSE(outcome.ok());
}

TEST_CASE("a command that takes too long is killed with its children") {
    const Outcome outcome = run({"sh", "-c", "sleep 60 & sleep 60"}, {.timeout = 100ms});
    CHECK(outcome.timed_out);
    CHECK(outcome.signal == SIGKILL);
    CHECK(outcome.elapsed < 5s);
}

TEST_CASE("a child that keeps the outputs open does not delay the wait") {
    const Outcome outcome = run({"sh", "-c", "sleep 3 & echo done"});
    CHECK(outcome.out == "done\n");
    CHECK(outcome.elapsed < 2s);
}

TEST_CASE("a command gets its environment, its directory and its descriptors") {
    int pipe_ends[2];
    REQUIRE(pipe(pipe_ends) == 0);
    const Outcome outcome = run(
        {"/bin/sh", "-c", "pwd; echo $WORD$HOME; echo through >&5"},
        {.cwd = "/usr", .env = {{"WORD", "word"}}, .clear_env = true, .fds = {{5, pipe_ends[1]}}});
    char text[16] = {};
    CHECK(read(pipe_ends[0], text, sizeof text) == 8);
    CHECK(std::string(text) == "through\n");
    CHECK(outcome.out == "/usr\nword\n");
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

TEST_CASE("a bundle is written with what was changed in it") {
    Bundle bundle;
    bundle.script("id").set("/hostname", "other").remove("/process/rlimits").name_space("user");
    bundle.patch({{"root", {{"readonly", nullptr}}}});
    bundle.write();
    const auto config = nlohmann::json::parse(read_file(bundle.path() + "/config.json"));
    CHECK(config.at("process").at("args") == nlohmann::json({"/bin/sh", "-c", "id"}));
    CHECK(config.at("hostname") == "other");
    CHECK_FALSE(config.at("process").contains("rlimits"));
    CHECK_FALSE(config.at("root").contains("readonly"));
    CHECK(config.at("linux").at("namespaces").back() == nlohmann::json({{"type", "user"}}));
    CHECK(run({bundle.rootfs() + "/bin/echo", "busy"}).out == "busy\n");
}

TEST_CASE("a snapshot sees a new directory, a new process and nothing else") {
    std::filesystem::create_directories(work_folder() + "/state");
    const HostSnapshot before = HostSnapshot::take();
    CHECK(before.changes_until(HostSnapshot::take()).empty());
    const std::string file = work_folder() + "/state/left";
    write_file(file, "");
    {
        const Process sleeper({"sleep", "60"});
        CHECK(eventually([&] {
            const std::string changes = before.changes_until(HostSnapshot::take());
            return changes.find("+ process: ") != std::string::npos &&
                   changes.find(" sleep\n") != std::string::npos &&
                   changes.find("+ state: " + file) != std::string::npos;
        }));
    }
    std::filesystem::remove(file);
    CHECK(left_behind_since(before).empty());
}

TEST_CASE("a snapshot does not see a cgroup in which others work") {
    need_root();
    need_controller("pids");
    const HostSnapshot before = HostSnapshot::take();
    const std::string cgroup = *controller_mount("pids") + "/" + our_tag() + "-others";
    std::filesystem::create_directory(cgroup);
    REQUIRE(prctl(PR_SET_CHILD_SUBREAPER, 0) == 0);
    const Outcome other = run({"sh", "-c", "sleep 60 >/dev/null & echo $!"});
    REQUIRE(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    const pid_t pid = std::stoi(other.out);
    CHECK(before.changes_until(HostSnapshot::take()) == "+ cgroup: " + cgroup + "\n");
    write_file(cgroup + "/cgroup.procs", std::to_string(pid));
    CHECK(before.changes_until(HostSnapshot::take()) == "");
    CHECK(::kill(pid, SIGKILL) == 0);
    CHECK(eventually([&] { return ::rmdir(cgroup.c_str()) == 0; }));
    CHECK(before.changes_until(HostSnapshot::take()) == "");
}

TEST_CASE("a snapshot sees a cgroup and a mount that stay") {
    need_root();
    need_controller("pids");
    const HostSnapshot before = HostSnapshot::take();
    const std::string cgroup = *controller_mount("pids") + "/" + our_tag();
    std::filesystem::create_directory(cgroup);
    CHECK(before.changes_until(HostSnapshot::take()) == "+ cgroup: " + cgroup + "\n");
    std::filesystem::remove(cgroup);
    REQUIRE(mount("none", work_folder().c_str(), "tmpfs", 0, nullptr) == 0);
    const std::string changes = before.changes_until(HostSnapshot::take());
    CHECK(umount2(work_folder().c_str(), MNT_DETACH) == 0);
    CHECK_THAT(changes, Catch::StartsWith("+ mount: ") && Catch::Contains(work_folder()));
}

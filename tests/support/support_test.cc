#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
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

TEST_CASE("in another pid namespace a snapshot sees only cgroups that could be crux's") {
    need_root();
    need_controller("pids");
    const std::string mount = *controller_mount("pids");
    const std::string theirs = mount + "/other-" + std::to_string(getpid());
    const std::string ours = mount + "/" + our_tag();
    const pid_t child = fork();
    if (child == 0) {
        // Else a snapshot ignores all names that are not the test's.
        if (setenv("CRUX_TESTS_ALONE", "1", 1) != 0) _exit(2);
        if (unshare(CLONE_NEWPID) != 0) _exit(2);
        const pid_t inside = fork();
        if (inside == 0) {
            const HostSnapshot before = HostSnapshot::take();
            mkdir(theirs.c_str(), 0755);
            mkdir(ours.c_str(), 0755);
            const std::string changes = before.changes_until(HostSnapshot::take());
            const auto has = [&](const std::string& cgroup) {
                return changes.find("+ cgroup: " + cgroup + "\n") != std::string::npos;
            };
            _exit(has(ours) && !has(theirs) ? 0 : 1);
        }
        int status = 0;
        waitpid(inside, &status, 0);
        _exit(WEXITSTATUS(status));
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    rmdir(theirs.c_str());
    rmdir(ours.c_str());
    CHECK(WEXITSTATUS(status) == 0);
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

TEST_CASE("a snapshot sees files in the root of a bundle and beside it, and their owners") {
    const Bundle bundle;
    const HostSnapshot before = HostSnapshot::take();
    const std::string inside = bundle.rootfs() + "/etc/left";
    const std::string beside = "/dev/shm/" + our_tag();
    write_file(inside, "");
    write_file(beside, "");
    chmod((bundle.rootfs() + "/etc").c_str(), 0700);
    const std::string changes = before.changes_until(HostSnapshot::take());
    std::filesystem::remove(inside);
    std::filesystem::remove(beside);
    chmod((bundle.rootfs() + "/etc").c_str(), 0755);
    CHECK_THAT(changes, Catch::Contains("+ file: " + beside + "\n"));
    CHECK_THAT(changes, Catch::Contains("+ file: 100644 ") && Catch::Contains(inside + "\n"));
    CHECK_THAT(changes, Catch::Contains("+ file: 40700 ") && Catch::Contains("- file: 40755 "));
    CHECK(before.changes_until(HostSnapshot::take()).empty());
}

namespace {

/// A child of the test that does something and waits.
struct Waiting {
    template <class Act>
    explicit Waiting(Act act) {
        int ready[2];
        REQUIRE(pipe(ready) == 0);
        pid = fork();
        if (pid == 0) {
            act();
            if (write(ready[1], "", 1) != 1) _exit(1);
            for (;;) pause();
        }
        char byte = 0;
        CHECK(read(ready[0], &byte, 1) == 1);
        close(ready[0]);
        close(ready[1]);
    }
    ~Waiting() {
        kill(pid, SIGKILL);
        waitpid(pid, nullptr, 0);
    }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    pid_t pid = -1;
};

}  // namespace

TEST_CASE("a snapshot sees a keyring that stays") {
    // With one that has not been reaped, keyrings are unknown.
    while (waitpid(-1, nullptr, WNOHANG) > 0) continue;
    const HostSnapshot before = HostSnapshot::take();
    constexpr int kJoin = 1;  // KEYCTL_JOIN_SESSION_KEYRING
    if (syscall(SYS_keyctl, 0, -3, 0) < 0 && errno == ENOSYS) skip("needs keyrings");
    {
        const Waiting child([] { syscall(SYS_keyctl, kJoin, our_tag().c_str()); });
        CHECK_THAT(before.changes_until(HostSnapshot::take()),
                   Catch::Contains("+ keyring: keyring ") && Catch::Contains(our_tag() + ": "));
    }
    CHECK(left_behind_since(before).empty());
}

TEST_CASE("a snapshot sees a namespace that only a descriptor keeps") {
    if (!has_user_namespaces()) skip("needs user namespaces");
    const HostSnapshot before = HostSnapshot::take();
    std::string name;
    int kept = -1;
    {
        const Waiting child([] { unshare(CLONE_NEWUSER | CLONE_NEWUTS); });
        const std::string path = "/proc/" + std::to_string(child.pid) + "/ns/uts";
        kept = open(path.c_str(), O_RDONLY | O_CLOEXEC);
        name = std::filesystem::read_symlink(path);
    }
    const std::string changes = before.changes_until(HostSnapshot::take());
    close(kept);
    CHECK(changes == "+ namespace: " + name + "\n");
    CHECK(left_behind_since(before).empty());
}

TEST_CASE("a snapshot sees a device and a network interface that stay") {
    need_root();
    const HostSnapshot before = HostSnapshot::take();
    const std::string node = "/dev/" + our_tag();
    REQUIRE(mknod(node.c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0);
    CHECK(before.changes_until(HostSnapshot::take()) == "+ device: " + node + "\n");
    std::filesystem::remove(node);
    CHECK(before.changes_until(HostSnapshot::take()).empty());
}

TEST_CASE("a snapshot sees a network interface that stays, if it is alone") {
    need_root();
    const pid_t child = fork();
    if (child == 0) {
        // In a network namespace in which this is the only one.
        setenv("CRUX_TESTS_ALONE", "1", 1);
        if (unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) _exit(2);
        mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
        if (mount("sysfs", "/sys", "sysfs", 0, nullptr) != 0) _exit(3);
        const HostSnapshot before = HostSnapshot::take();
        if (!run({"ip", "link", "add", "left", "type", "veth"}).ok()) _exit(77);
        const std::string changes = before.changes_until(HostSnapshot::take());
        _exit(changes.find("+ device: interface left\n") == std::string::npos ? 1 : 0);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) skip("needs ip (iproute2) and veth");
    CHECK(WEXITSTATUS(status) == 0);
}

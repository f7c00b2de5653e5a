// Hosts that do not give a command what it needs: few descriptors, no /proc, an empty /dev,
// read-only cgroups, a full or read-only state root, consoles that do not respond, hooks that do
// not end. Each command succeeds or reports one error, and nothing is left.

#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

#include "tests/faults/trial.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Every command that does not need CRIU.
const std::vector<const char*> kNames = {"create", "run",   "start",  "exec",   "kill",
                                         "update", "pause", "resume", "delete", "delete --force",
                                         "state"};

/// A script in an own mount namespace, and then the command.
std::vector<std::string> behind(const std::string& script) {
    return {"unshare", "--mount", "/bin/sh", "-c", script + " && exec \"$@\"", "sh"};
}

TEST_CASE("each command works with few descriptors, or says that there are too few") {
    need_root();
    need_controller("freezer");
    need_controller("pids");
    for (const char* name : kNames) {
        Victim victim;
        victim.container().global_options = bare_errors();
        Trial trial(victim, command_named(name));
        int least = 0;
        for (int count = 3; count <= 64; count += thorough() ? 1 : count < 16 ? 1 : 12) {
            const Outcome outcome =
                trial.run_behind({"prlimit", "--nofile=" + std::to_string(count) + ":"});
            INFO(name << " with " << count << " descriptors: " << outcome.describe());
            if (!outcome.ok()) {
                CHECK_THAT(outcome.err, Catch::Contains("too many open files"));
                least = 0;
            } else if (least == 0) {
                least = count;
            }
        }
        // More are not needed, and no smaller number works by chance.
        CHECK(least > 0);
        std::cout << name << " works with " << least << " descriptors or more\n";
    }
}

TEST_CASE("without /proc each command works or says what it cannot read there") {
    need_root();
    need_controller("freezer");
    for (const char* name : kNames) {
        Victim victim;
        victim.container().global_options = bare_errors();
        Trial trial(victim, command_named(name));
        const Outcome outcome = trial.run_behind(behind("umount -l /proc"));
        INFO(name << ": " << outcome.describe());
        if (!outcome.ok()) CHECK_THAT(outcome.err, Catch::Contains("/proc"));
    }
}

TEST_CASE("with an empty /dev each command works or names what is missing") {
    need_root();
    need_controller("freezer");
    for (const char* name : kNames) {
        Victim victim;
        // Not /dev/null.
        victim.container().global_options = {"--log", work_folder() + "/log"};
        Trial trial(victim, command_named(name));
        const Outcome outcome = trial.run_behind(behind("mount -t tmpfs tmpfs /dev"));
        INFO(name << ": " << outcome.describe());
        if (outcome.ok()) continue;
        CHECK_THAT(outcome.err, Catch::Contains("/dev/null: "));
        CHECK_THAT(outcome.err, Catch::Contains("no such file or directory"));
    }
}

TEST_CASE("with read-only cgroups each command works or names the file") {
    need_root();
    need_controller("freezer");
    need_controller("pids");
    const std::string read_only =
        "mount --make-rprivate / && "
        "for at in $(awk '$3 ~ /^cgroup/ {print $2}' /proc/mounts); do "
        "mount -o remount,bind,ro \"$at\" || exit 99; done";
    for (const char* name : kNames) {
        Victim victim;
        victim.container().global_options = bare_errors();
        Trial trial(victim, command_named(name));
        const Outcome outcome = trial.run_behind(behind(read_only));
        INFO(name << ": " << outcome.describe());
        if (outcome.ok()) continue;
        CHECK_THAT(outcome.err, Catch::Contains("read-only file system"));
        CHECK_THAT(outcome.err, Catch::Contains("/sys/fs/cgroup/"));
    }
}

/// A tmpfs, which is detached at the end.
class Disk {
 public:
    explicit Disk(const std::string& options) : path_(work_folder() + "/disk") {
        fs::create_directories(path_);
        REQUIRE(::mount("tmpfs", path_.c_str(), "tmpfs", 0, options.c_str()) == 0);
    }
    ~Disk() { ::umount2(path_.c_str(), MNT_DETACH); }
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] bool is_empty() const { return fs::is_empty(path_); }
    void set(const std::string& options, unsigned long flags = 0) const {
        REQUIRE(::mount("tmpfs", path_.c_str(), nullptr, MS_REMOUNT | flags, options.c_str()) == 0);
    }
    /// Fills it up, or makes room again.
    void fill(bool full) const {
        const std::string file = path_ + "/ballast";
        fs::remove(file);
        if (!full) return;
        std::ofstream ballast(file);
        const std::string block(4096, 'x');
        while (ballast.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
        }
    }

 private:
    std::string path_;
};

/// What the container's program is, and its limits.
struct Quiet {
    Quiet() : container(bundle) {
        bundle.args({"/bin/sleep", "1000"}).set("/linux/resources/pids", {{"limit", 20}});
        container.global_options = bare_errors();
    }
    Bundle bundle;
    Container container;
};

TEST_CASE("a state root without space or inodes refuses a container with one error") {
    need_root();
    const Unchanged host;
    int refused = 0;
    const Disk disk("size=1m,mode=0700");
    Quiet quiet;
    quiet.container.use_root(disk.path());
    for (const char* kind : {"nr_inodes=", "size="})
        for (int count = 1; count <= 8; ++count) {
            const std::string unit = std::string(kind) == "size=" ? "k" : "";
            const int number = unit.empty() ? count : count * 4;
            disk.set(std::string(unit.empty() ? "size=1m," : "nr_inodes=100,") + kind +
                     std::to_string(number) + unit);
            const Outcome outcome = quiet.container.create();
            INFO(kind << number << ": " << outcome.describe());
            if (!outcome.ok()) {
                ++refused;
                CHECK(outcome.status == 1);
                CHECK(lines_of(outcome.err).size() == 1);
                CHECK_THAT(outcome.err, Catch::Contains("no space left on device"));
                CHECK(disk.is_empty());
            }
            must(quiet.container.remove({"--force"}));
            CHECK(disk.is_empty());
        }
    CHECK(refused > 4);
}

TEST_CASE("a root filesystem without inodes refuses a container with the mount's pointer") {
    need_root();
    const Unchanged host;
    int refused = 0;
    for (int count = 5; count < 12; ++count) {
        const Disk disk("size=8m,nr_inodes=" + std::to_string(count));
        Quiet quiet;
        fs::create_directories(disk.path() + "/root/bin");
        fs::copy_file("/bin/busybox", disk.path() + "/root/bin/sleep");
        quiet.bundle.set("/root/path", disk.path() + "/root").set("/root/readonly", false);
        const Outcome outcome = quiet.container.create();
        INFO(count << " inodes: " << outcome.describe());
        if (!outcome.ok()) {
            ++refused;
            CHECK(lines_of(outcome.err).size() == 1);
            CHECK_THAT(outcome.err, Catch::Contains("no space left on device"));
            CHECK_THAT(outcome.err, Catch::Contains("config.json: /"));
            CHECK_FALSE(fs::exists(quiet.container.state_folder()));
        }
        must(quiet.container.remove({"--force"}));
    }
    CHECK(refused > 1);
}

/// The commands on a container in a state root that became full or read-only.
void check_commands(const Quiet& quiet, const std::string& cause) {
    const std::string& id = quiet.container.id();
    const std::vector<std::vector<std::string>> all = {{"state", id},
                                                       {"exec", id, "/bin/true"},
                                                       {"update", "--pids-limit", "10", id},
                                                       {"pause", id},
                                                       {"resume", id},
                                                       {"list", "-q"}};
    for (const auto& words : all) {
        const Outcome outcome = quiet.container.crux(words);
        INFO(words.front() << ": " << outcome.describe());
        CHECK(quiet.container.status() == (words.front() == "pause" ? "paused" : "running"));
        if (outcome.ok()) continue;
        // Only what has something to store.
        CHECK(words.front() == "update");
        CHECK(lines_of(outcome.err).size() == 1);
        CHECK_THAT(outcome.err, Catch::Contains(cause));
    }
    const std::string limit = *cgroup_of(quiet.container.pid(), "pids") + "/pids.max";
    INFO("update failed, so that the limit is the old one");
    CHECK(read_file(limit) == "20\n");
}

TEST_CASE("a container whose state root becomes full can be used and deleted") {
    need_root();
    need_controller("freezer");
    need_controller("pids");
    const Unchanged host;
    const Disk disk("size=256k,mode=0700");
    Quiet quiet;
    quiet.container.use_root(disk.path());
    must(quiet.container.create());
    disk.fill(true);
    must(quiet.container.start());
    check_commands(quiet, "no space left on device");
    must(quiet.container.remove({"--force"}));
    CHECK_FALSE(fs::exists(quiet.container.state_folder()));
    disk.fill(false);
    CHECK(disk.is_empty());
}

TEST_CASE("a container whose state root becomes read-only is not lost") {
    need_root();
    need_controller("freezer");
    need_controller("pids");
    const Unchanged host;
    const Disk disk("size=256k,mode=0700");
    Quiet quiet;
    quiet.container.use_root(disk.path());
    must(quiet.container.create());
    must(quiet.container.start());
    disk.set("size=256k", MS_RDONLY);
    check_commands(quiet, "read-only file system");
    Quiet other;
    other.container.use_root(disk.path());
    refused_with(other.container.create(), "read-only file system");
    refused_with(quiet.container.remove({"--force"}), "read-only file system");
    // Nothing of it is gone: the state still says what there is to remove.
    CHECK(fs::exists(quiet.container.state_folder() + "/journal"));
    CHECK(quiet.container.status() != "");
    disk.set("size=256k");
    must(quiet.container.remove({"--force"}));
    CHECK(disk.is_empty());
}

/// A socket in the work folder.
class Listener {
 public:
    explicit Listener(int backlog) : path_(work_folder() + "/dead.sock") {
        socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        address_.sun_family = AF_UNIX;
        path_.copy(address_.sun_path, sizeof address_.sun_path - 1);
        REQUIRE(::bind(socket_, generic(), sizeof address_) == 0);
        if (backlog >= 0) REQUIRE(::listen(socket_, backlog) == 0);
    }
    ~Listener() {
        for (const int peer : peers_) ::close(peer);
        ::close(socket_);
        ::unlink(path_.c_str());
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    /// Takes all places of the backlog.
    void fill() {
        for (;;) {
            const int peer = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
            peers_.push_back(peer);
            if (::connect(peer, generic(), sizeof address_) != 0) return;
        }
    }
    /// Accepts one connection and closes it at once.
    void refuse() const { ::close(::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC)); }

 private:
    [[nodiscard]] const sockaddr* generic() const {
        return reinterpret_cast<const sockaddr*>(&address_);
    }

    std::string path_;
    sockaddr_un address_ = {};
    int socket_ = -1;
    std::vector<int> peers_;
};

TEST_CASE("a console socket that does not respond delays create by ten seconds at most") {
    need_root();
    const Unchanged host;
    Quiet terminal;
    terminal.bundle.set("/process/terminal", true).write();
    Quiet running;
    must(running.container.create());
    must(running.container.start());
    Listener full(0);
    full.fill();
    const Container second(terminal.bundle);
    const auto on_console = [&](const Container& container, const std::string& command) {
        return container.words({command, "--bundle", terminal.bundle.path(), "--console-socket",
                                full.path(), container.id()});
    };
    const std::string& id = running.container.id();
    const struct {
        std::string command;
        const Container& container;
        std::vector<std::string> words;
        std::string status;
    } rows[] = {{"create", terminal.container, on_console(terminal.container, "create"), ""},
                {"run", second, on_console(second, "run"), ""},
                {"exec", running.container,
                 running.container.words({"exec", "--detach", "--tty", "--console-socket",
                                          full.path(), id, "/bin/true"}),
                 "running"}};
    std::vector<std::unique_ptr<Process>> processes;
    for (const auto& row : rows) processes.push_back(std::make_unique<Process>(row.words));
    for (const auto& row : rows) {
        const Outcome outcome = processes[static_cast<std::size_t>(&row - rows)]->wait();
        INFO(row.command << outcome.describe());
        CHECK_FALSE(outcome.timed_out);
        CHECK(outcome.elapsed < 12s * slowdown());
        CHECK(outcome.status == (row.command == "exec" ? 255 : 1));
        CHECK_THAT(outcome.err, Catch::Contains("console socket " + full.path() + ": connect: "));
        CHECK_THAT(outcome.err, Catch::Contains("connection timed out"));
        CHECK(row.container.status() == row.status);
    }
}

TEST_CASE("a console socket that is closed or that nobody listens on is one error") {
    need_root();
    const Unchanged host;
    Quiet quiet;
    quiet.bundle.set("/process/terminal", true).write();
    const auto create = [&](const std::string& path) {
        return quiet.container.words({"create", "--bundle", quiet.bundle.path(), "--console-socket",
                                      path, quiet.container.id()});
    };
    {
        const Listener deaf(-1);
        refused_with(run(create(deaf.path())), "console socket " + deaf.path() + ": connect: ");
    }
    // It is closed at any moment: before init has sent the terminal, or after.
    int refused = 0;
    for (int round = 0; round < (thorough() ? 100 : 10); ++round) {
        const Listener closing(1);
        Process process(create(closing.path()));
        closing.refuse();
        const Outcome outcome = process.wait();
        INFO(outcome.describe());
        REQUIRE_FALSE(outcome.timed_out);
        CHECK(outcome.signal == 0);
        if (!outcome.ok()) {
            ++refused;
            CHECK(lines_of(outcome.err).size() == 1);
            CHECK_THAT(outcome.err, Catch::Contains("broken pipe"));
            CHECK(quiet.container.status() == "");
        }
        must(quiet.container.remove({"--force"}));
    }
    CHECK(refused > 0);
}

TEST_CASE("a console that nobody reads does not keep the container from being stopped") {
    need_root();
    const Unchanged host;
    Quiet quiet;
    quiet.bundle.set("/process/terminal", true).script("while :; do echo a line of text; done");
    const Listener silent(1);
    must(quiet.container.create({"--console-socket", silent.path()}));
    must(quiet.container.start());
    CHECK(quiet.container.status() == "running");
    must(quiet.container.crux({"exec", quiet.container.id(), "/bin/true"}));
    must(quiet.container.kill("KILL"));
    CHECK(quiet.container.reaches("stopped"));
    must(quiet.container.remove());
}

TEST_CASE("a hook that does not end keeps its create, and delete works when that was killed") {
    need_root();
    const Unchanged host;
    for (const char* moment : {"prestart", "createRuntime", "createContainer"}) {
        INFO(moment);
        Quiet quiet;
        const std::string note = quiet.bundle.path() + "/hook";
        quiet.bundle.set(
            "/hooks",
            {{moment,
              json::array({{{"path", "/bin/sh"},
                            {"args", {"sh", "-c", "echo $$ >" + note + "; exec sleep 1000"}}}})}});
        quiet.bundle.write();
        Process create(quiet.container.words(
            {"create", "--bundle", quiet.bundle.path(), quiet.container.id()}));
        REQUIRE(eventually([&] { return fs::exists(note); }));
        // The create holds the lock until it ends, for which delete waits.
        if (thorough() || moment == std::string("prestart")) {
            const Outcome busy = quiet.container.remove({"--force"});
            INFO(busy.describe());
            CHECK(busy.elapsed < 12s * slowdown());
            CHECK_THAT(busy.err, Catch::Contains("another operation holds its lock"));
        }
        create.signal(SIGKILL);
        (void)create.wait();
        must(quiet.container.remove({"--force"}));
        CHECK(quiet.container.status() == "");
        // A hook on the host is the caller's program, of which the journal does not know.
        if (moment != std::string("createContainer")) ::kill(std::stoi(read_file(note)), SIGKILL);
        reap_orphans();
    }
}

TEST_CASE("another process that got the number of a dead init is not taken for it") {
    need_root();
    const Unchanged host;
    Quiet quiet;
    quiet.bundle.write();
    std::string crux;
    for (const std::string& word : quiet.container.words({})) crux += word + " ";
    const std::string id = quiet.container.id();
    // Numbers can be chosen in a pid namespace.
    const std::string script =
        "crux() { " + crux + "\"$@\"; }\n" + "crux create --bundle " + quiet.bundle.path() + " " +
        id + " || exit 10\n" + "crux start " + id + " || exit 11\n" + "pid=$(crux state " + id +
        " | sed -n 's/.*\"pid\": *\\([0-9]*\\).*/\\1/p')\n" + "crux kill " + id +
        " KILL || exit 12\n" +
        "for i in 1 2 3 4 5 6 7 8 9; do [ -d /proc/$pid ] || break; sleep 0.1; done\n" +
        "for i in 1 2 3 4 5 6 7 8 9; do\n" +
        "  echo $((pid - 1)) >/proc/sys/kernel/ns_last_pid || exit 77\n" +
        "  sleep 1000 & other=$!; [ $other = $pid ] && break; kill $other\n" + "done\n" +
        "[ $other = $pid ] || exit 13\n" + "crux state " + id +
        " | grep -q '\"status\": \"stopped\"' || exit 14\n" + "crux kill " + id +
        " KILL 2>&1 | grep -q 'container not running' || exit 15\n" + "crux exec " + id +
        " /bin/true 2>&1 | grep -q 'stopped container' || exit 16\n" + "crux delete " + id +
        " || exit 17\n" + "kill -0 $other || exit 18\n";
    const Outcome outcome =
        run({"unshare", "--pid", "--fork", "--mount-proc", "/bin/sh", "-c", script});
    INFO(outcome.describe());
    if (outcome.status == 77) skip("needs permission to write ns_last_pid");
    CHECK(outcome.status == 0);
}

}  // namespace
}  // namespace crux::test

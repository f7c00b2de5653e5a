// What processes of crux keep while they wait for something that a container or a stranger decides.

#include <linux/capability.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/security/stopped_call.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/exec.h"
#include "tests/support/facts.h"
#include "tests/support/managed.h"
#include "tests/support/ordinary_user.h"
#include "tests/support/terminal.h"

namespace crux::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// A set in the format of /proc/PID/status.
std::string set_of(const std::vector<int>& capabilities) {
    unsigned long set = 0;
    for (const int capability : capabilities) set |= 1UL << static_cast<unsigned>(capability);
    char text[17];
    (void)std::snprintf(text, sizeof text, "%016lx", set);
    return text;
}

const std::string kNone = set_of({});
const std::string kSignals = set_of({CAP_KILL});
const std::string kRemoval = set_of({CAP_KILL, CAP_SYS_PTRACE, CAP_DAC_OVERRIDE, CAP_SYS_ADMIN});

/// What a process keeps, from outside.
struct Kept {
    explicit Kept(pid_t pid)
        : effective(status_field(pid, "CapEff")),
          permitted(status_field(pid, "CapPrm")),
          inheritable(status_field(pid, "CapInh")),
          ambient(status_field(pid, "CapAmb")),
          bounding(status_field(pid, "CapBnd")),
          no_new_privs(status_field(pid, "NoNewPrivs")),
          seccomp(status_field(pid, "Seccomp")) {}

    std::string effective;
    std::string permitted;
    std::string inheritable;
    std::string ambient;
    std::string bounding;
    std::string no_new_privs;
    std::string seccomp;
};

/// The kernel gives the files in /proc of a process that cannot be read or traced to root.
bool is_hidden(pid_t pid) {
    struct stat status{};
    return stat(("/proc/" + std::to_string(pid) + "/status").c_str(), &status) == 0 &&
           status.st_uid == 0;
}

/// Waits until a process has given up what it should, and checks that it has at most these
/// capabilities for good.
void check_given_up(pid_t pid, const std::string& capabilities, const std::string& seccomp) {
    (void)eventually([&] {
        const Kept kept(pid);
        return kept.no_new_privs == "1" && kept.effective == capabilities &&
               kept.seccomp == seccomp;
    });
    const Kept kept(pid);
    CHECK(kept.effective == capabilities);
    CHECK(kept.permitted == capabilities);
    CHECK(kept.inheritable == kNone);
    CHECK(kept.ambient == kNone);
    CHECK(kept.no_new_privs == "1");
    CHECK(kept.seccomp == seccomp);
}

/// Waits until a process has only this set effective.
void check_lowered(pid_t pid, const std::string& permitted) {
    (void)eventually([&] { return Kept(pid).effective == kSignals; });
    const Kept kept(pid);
    CHECK(kept.effective == kSignals);
    CHECK(kept.permitted == permitted);
}

std::string own_permitted() {
    return status_field(getpid(), "CapPrm");
}

json shell_hook(const std::string& script) {
    return json::array({{{"path", "/bin/sh"}, {"args", {"sh", "-c", script}}}});
}

/// The socket of a service manager that reads nothing.
class Manager {
 public:
    explicit Manager(std::string path) : path_(std::move(path)) {
        file_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct sockaddr_un address = {};
        address.sun_family = AF_UNIX;
        path_.copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(bind(file_, reinterpret_cast<const struct sockaddr*>(&address), sizeof address) ==
                0);
    }
    ~Manager() {
        close(file_);
        unlink(path_.c_str());
    }
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;

    [[nodiscard]] CommandOptions options() const {
        CommandOptions options;
        options.env["NOTIFY_SOCKET"] = path_;
        return options;
    }

 private:
    std::string path_;
    int file_;
};

/// A program that names the signals that it gets.
const char* const kTalker =
    "trap 'echo got USR1' USR1; trap 'exit 7' TERM; echo ready; "
    "while :; do sleep 1000 & wait $!; done";

/// Sends USR1 and then TERM to a supervisor: the talker gets both, and its exit code comes back.
void check_signals(Process& supervisor) {
    REQUIRE(eventually([&] { return supervisor.out() == "ready\n"; }));
    supervisor.signal(SIGUSR1);
    CHECK(eventually([&] { return supervisor.out() == "ready\ngot USR1\n"; }));
    supervisor.signal(SIGTERM);
    CHECK(supervisor.wait().status == 7);
}

TEST_CASE("exec in the foreground keeps only what sends a signal") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const Sleeper sleeper(bundle);
    for (const std::vector<std::string>& flags :
         {std::vector<std::string>{}, {"--user", "1000"}, {"--tty"}}) {
        INFO((flags.empty() ? "no flag" : flags.front()));
        const Pty terminal;
        CommandOptions options;
        if (!flags.empty() && flags.front() == "--tty")
            options.fds = {{0, terminal.slave()}, {2, terminal.slave()}};
        const auto exec = sleeper.exec_beside(flags, {"/bin/sh", "-c", kTalker}, options);
        check_given_up(exec->pid(), kSignals, "2");
        check_signals(*exec);
    }
}

TEST_CASE("run in the foreground keeps only what removes the container, and none of it effective") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    for (const bool is_user_namespace : {false, true}) {
        INFO((is_user_namespace ? "user namespace" : "no user namespace"));
        if (is_user_namespace) {
            if (!has_user_namespaces()) continue;
            const json map =
                json::array({{{"containerID", 0}, {"hostID", 100'000}, {"size", 65536}}});
            bundle.name_space("user").set("/linux/uidMappings", map).set("/linux/gidMappings", map);
        }
        bundle.set("/process/user/uid", 1000).script(kTalker);
        Container container(bundle);
        const auto running = container.run_beside();
        check_lowered(running->pid(), kRemoval);
        const Kept kept(running->pid());
        CHECK(kept.inheritable == kNone);
        CHECK(kept.ambient == kNone);
        CHECK(kept.no_new_privs == "1");
        check_signals(*running);
        CHECK(container.status() == "");
    }
}

TEST_CASE("run removes the cgroups that a user of the container has made") {
    need_root();
    need_controller("pids");
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/sleep", "1000"});
    Container container(bundle);
    const auto running = container.run_beside();
    REQUIRE(container.reaches("running"));
    const std::string cgroup = *cgroup_of(container.state()["pid"], "pids");
    fs::create_directories(cgroup + "/of-user/below");
    constexpr unsigned kUser = 100'000;
    for (const std::string& path : {cgroup, cgroup + "/of-user", cgroup + "/of-user/below"})
        REQUIRE(chown(path.c_str(), kUser, kUser) == 0);
    must(container.kill());
    CHECK(running->wait().status == 128 + SIGKILL);
    CHECK_FALSE(fs::exists(cgroup));
    CHECK(container.status() == "");
}

TEST_CASE("run gives poststop hooks the privileges that other hooks have") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const std::string look =
        "grep -E '^(Cap|NoNewPrivs|Seccomp:|Uid|Gid|Groups)' /proc/self/status >";
    bundle.set("/hooks", {{"createRuntime", shell_hook(look + bundle.path() + "/before")},
                          {"poststop", shell_hook(look + bundle.path() + "/after")}});
    bundle.script(kTalker);
    Container container(bundle);
    const auto running = container.run_beside();
    check_lowered(running->pid(), own_permitted());
    CHECK(Kept(running->pid()).no_new_privs == status_field(getpid(), "NoNewPrivs"));
    check_signals(*running);
    const std::string before = read_file(bundle.path() + "/before");
    CHECK_THAT(before, Catch::Contains("CapEff:\t" + own_permitted()));
    CHECK(read_file(bundle.path() + "/after") == before);
    CHECK(container.status() == "");
}

TEST_CASE("run that keeps its container keeps only what sends a signal") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.script(kTalker);
    Container container(bundle);
    const auto running = container.run_beside({"--keep"});
    check_given_up(running->pid(), kSignals, "2");
    check_signals(*running);
    CHECK(container.status() == "stopped");
}

TEST_CASE("start that waits for READY=1 keeps nothing") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/sleep", "1000"});
    Container container(bundle);
    const Manager manager(bundle.path() + "/manager.sock");
    must(container.create({}, manager.options()));
    Process start(container.words({"start", container.id()}), manager.options());
    check_given_up(start.pid(), kNone, "2");
    CHECK(Kept(start.pid()).bounding == kNone);
    must(container.kill());
    must(start.wait());
}

TEST_CASE("events keeps only what reads files") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    Sleeper container(bundle);
    Process events(container.words({"events", "--interval", "50ms", container.id()}));
    check_given_up(events.pid(), set_of({CAP_DAC_READ_SEARCH}), "2");
    CHECK(Kept(events.pid()).bounding == kNone);
    // All that it prints is still read.
    REQUIRE(eventually([&] { return lines_of(events.out()).size() >= 3; }));
    const Outcome once = container.crux({"events", "--stats", container.id()});
    const json late = json::parse(lines_of(events.out()).back()).at("data");
    for (const auto& [key, value] : json::parse(once.out).at("data").items()) {
        INFO(key);
        CHECK(late.at(key).size() == value.size());
    }
    if (const auto cgroup = cgroup_of(container.pid(), "pids")) {
        // A user of the container may close its cgroup to others.
        REQUIRE(chown(cgroup->c_str(), 100'000, 100'000) == 0);
        REQUIRE(chmod(cgroup->c_str(), 0) == 0);
        const auto count = lines_of(events.out()).size();
        REQUIRE(eventually([&] { return lines_of(events.out()).size() >= count + 3; }));
        CHECK(json::parse(lines_of(events.out()).back()).at("data").at("pids").at("current") == 1);
    }
    must(container.kill());
    CHECK(events.wait().status == 0);
    CHECK(events.err() == "");
}

TEST_CASE("create and start that wait longer than a second keep no capability effective") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const std::string wait = "while [ ! -e " + bundle.path() + "/go ]; do sleep 0.1; done";
    bundle.set("/hooks/createContainer", shell_hook(wait));
    bundle.file("hook", "#!/bin/sh\nwhile [ ! -e /tmp/go ]; do sleep 0.1; done\n", 0755);
    bundle.set("/hooks/startContainer", json::array({{{"path", "/hook"}}}));
    bundle.args({"/bin/sleep", "1000"}).write();
    Container container(bundle);
    Process create(container.words({"create", "--bundle", bundle.path(), container.id()}));
    check_lowered(create.pid(), own_permitted());
    write_file(bundle.path() + "/go", "");
    CHECK(create.wait().ok());
    Process start(container.words({"start", container.id()}));
    check_lowered(start.pid(), own_permitted());
    bundle.file("tmp/go", "");
    must(start.wait());
    CHECK(container.status() == "running");
}

TEST_CASE("checkpoint keeps no capability effective while it waits for criu") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const Sleeper container(bundle);
    const std::string folder = bundle.path() + "/programs";
    fs::create_directory(folder);
    write_file(folder + "/criu", "#!/bin/sh\nexec /bin/sleep 1000\n", 0755);
    CommandOptions options;
    options.env["PATH"] = folder;
    Process checkpoint(container.words({"checkpoint", "--lazy-pages", "--image-path",
                                        bundle.path() + "/images", container.id()}),
                       options);
    check_lowered(checkpoint.pid(), own_permitted());
    const std::vector<pid_t> criu = children_of(checkpoint.pid());
    REQUIRE(criu.size() == 1);
    // What it has started keeps everything.
    CHECK(Kept(criu.front()).effective == own_permitted());
    kill(criu.front(), SIGKILL);
    CHECK(checkpoint.wait().status == 1);
}

TEST_CASE("crux-net keeps only the capability for its requests") {
    need_root();
    const Unchanged host;
    Process apart({"unshare", "--net", "sleep", "60"});
    REQUIRE(eventually(
        [&] { return read_file("/proc/" + std::to_string(apart.pid()) + "/comm") == "sleep\n"; }));
    const std::string program = crux_program();
    StoppedCall first({program.substr(0, program.rfind('/')) + "/crux-net", "check", "--host", "lo",
                       "--peer", "new0", "--pid", std::to_string(apart.pid())},
                      SYS_sendto);
    const std::string kNetAdmin = set_of({CAP_NET_ADMIN});
    check_given_up(first.pid(), kNetAdmin, "2");
    CHECK(Kept(first.pid()).bounding == kNone);
    CHECK(first.finish() == 0);
}

/// Words before a command for which systemd is this silent socket.
std::vector<std::string> with_silent_systemd(const HandOver& silent) {
    if (!systemd_runs()) return {"env", "DBUS_SYSTEM_BUS_ADDRESS=unix:path=" + silent.path()};
    return {"unshare",
            "--mount",
            "sh",
            "-c",
            "mount --bind " + silent.path() + " /run/systemd/private && exec \"$@\"",
            "sh"};
}

TEST_CASE("crux-systemd keeps nothing while it waits for systemd") {
    need_root();
    const std::string program = crux_program();
    const std::string helper = program.substr(0, program.rfind('/')) + "/crux-systemd";
    if (!fs::exists(helper)) skip("crux-systemd is not built");
    const HandOver silent(work_folder() + "/silent");
    std::vector<std::string> words = with_silent_systemd(silent);
    words.insert(words.end(), {helper, "--system", "stop", our_tag() + ".scope"});
    CommandOptions options;
    options.input = "\n";
    const Process waiting(words, options);
    check_given_up(waiting.pid(), kNone, "0");
    CHECK(Kept(waiting.pid()).bounding == kNone);
}

TEST_CASE("crux-systemd that keeps a unit can only wait") {
    need_systemd();
    const Unchanged host;
    Managed managed;
    const std::string wait = "while [ ! -e " + managed.bundle.path() + "/go ]; do sleep 0.1; done";
    managed.bundle.set("/hooks/createRuntime", shell_hook(wait));
    managed.bundle.write();
    Process create(managed.container.words(
        {"create", "--bundle", managed.bundle.path(), managed.container.id()}));
    pid_t helper = 0;
    REQUIRE(eventually([&] {
        for (const pid_t child : children_of(create.pid()))
            if (read_file("/proc/" + std::to_string(child) + "/comm") == "crux-systemd\n")
                helper = child;
        return helper != 0 && Kept(helper).seccomp == "2";
    }));
    check_given_up(helper, kNone, "2");
    CHECK(Kept(helper).bounding == kNone);
    write_file(managed.bundle.path() + "/go", "");
    CHECK(create.wait().ok());
    must(managed.container.start());
    must(managed.container.remove({"--force"}));
    CHECK(is_gone(managed.unit()));
}

TEST_CASE("an unprivileged user's run and exec cannot gain privileges or be traced") {
    const Unchanged host;
    const OrdinaryUser user;
    Bundle bundle;
    user.adapt(bundle);
    bundle.script(kTalker);
    Container container(bundle);
    user.take(container, bundle);
    container.global_options = bare_errors();
    const auto running = container.run_beside();
    check_given_up(running->pid(), kNone, "0");
    CHECK(is_hidden(running->pid()));
    REQUIRE(container.reaches("running"));
    Process exec(container.words({"exec", container.id(), "/bin/sh", "-c", kTalker}));
    check_given_up(exec.pid(), kNone, "2");
    CHECK(is_hidden(exec.pid()));
    check_signals(exec);
    check_signals(*running);
    CHECK(container.status() == "");
}

TEST_CASE("an unprivileged user's run leaves poststop hooks their privileges") {
    const Unchanged host;
    const OrdinaryUser user;
    Bundle bundle;
    user.adapt(bundle);
    const std::string look = "grep NoNewPrivs /proc/self/status >" + bundle.path() + "/after";
    bundle.script(kTalker).set("/hooks/poststop", shell_hook(look));
    Container container(bundle);
    user.take(container, bundle);
    const auto running = container.run_beside();
    REQUIRE(eventually([&] { return running->out() == "ready\n"; }));
    REQUIRE(eventually([&] { return is_hidden(running->pid()); }));
    check_signals(*running);
    CHECK(read_file(bundle.path() + "/after") ==
          "NoNewPrivs:\t" + status_field(getpid(), "NoNewPrivs") + "\n");
}

}  // namespace
}  // namespace crux::test

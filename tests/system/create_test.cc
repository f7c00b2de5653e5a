// What create leaves behind and passes on: one process and the caller's own files; and what it
// reports and removes if init ends too early.

#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <random>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kSleep = {"/bin/sleep", "1000"};

/// "number target" of each descriptor of a process, in order.
std::vector<std::pair<int, std::string>> descriptors_of(pid_t pid) {
    std::vector<std::pair<int, std::string>> all;
    for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(pid) + "/fd"))
        all.emplace_back(std::stoi(entry.path().filename()), link_of(entry.path()));
    std::sort(all.begin(), all.end());
    return all;
}

/// Whether our descriptor and one of another process refer to the same open file description.
bool same_file(int ours, pid_t pid, int theirs) {
    return ::syscall(SYS_kcmp, ::getpid(), pid, KCMP_FILE, ours, theirs) == 0;
}

struct Ends {
    int read = -1;
    int write = -1;
    Ends() {
        int both[2];
        REQUIRE(::pipe2(both, O_CLOEXEC) == 0);
        read = both[0];
        write = both[1];
    }
    ~Ends() {
        ::close(read);
        close_write();
    }
    void close_write() {
        if (write >= 0) ::close(write);
        write = -1;
    }
    Ends(const Ends&) = delete;
    Ends& operator=(const Ends&) = delete;
};

TEST_CASE("nothing but init is left of create, a child of the caller and a session leader") {
    need_root();
    const Unchanged host;
    // Each of these is cloned in a different way.
    Bundle plain;
    Bundle mapped;
    mapped.name_space("user");
    for (const char* map : {"/linux/uidMappings", "/linux/gidMappings"})
        mapped.set(map, {{{"containerID", 0}, {"hostID", 0}, {"size", 65536}}});
    Bundle shared;
    shared.without_name_space("pid");
    Bundle joined;
    joined.name_space("pid", "/proc/self/ns/pid").name_space("ipc", "/proc/self/ns/ipc");
    for (Bundle* bundle : {&plain, &mapped, &shared, &joined}) {
        bundle->args(kSleep);
        Container container(*bundle);
        const auto before = children_of(::getpid());
        must(container.create());
        const pid_t pid = container.pid();
        auto after = children_of(::getpid());
        for (const pid_t child : before) std::erase(after, child);
        INFO(bundle->config()["linux"]["namespaces"].dump());
        CHECK(after == std::vector<pid_t>{pid});
        CHECK(children_of(pid).empty());
        CHECK(status_field(pid, "PPid") == std::to_string(::getpid()));
        CHECK(::getsid(pid) == pid);
        CHECK(::getpgid(pid) == pid);
        must(container.start());
        CHECK(::getsid(pid) == pid);
        CHECK(children_of(pid).empty());
        must(container.kill());
        CHECK(exit_of(pid) == 128 + SIGKILL);
    }
}

TEST_CASE("init holds the very files that create was given, and the program does") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    Container container(bundle);
    const Ends in;
    const Ends out;
    const Ends err;
    CommandOptions options;
    options.fds = {{0, in.read}, {1, out.write}, {2, err.write}};
    must(container.create({}, options));
    const pid_t pid = container.pid();
    const auto check = [&] {
        CHECK(same_file(in.read, pid, 0));
        CHECK(same_file(out.write, pid, 1));
        CHECK(same_file(err.write, pid, 2));
    };
    check();
    must(container.start());
    check();
    for (const int file : {in.read, out.write, err.write})
        CHECK((::fcntl(file, F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("a waiting init holds no directory and no file of the host") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    Container container(bundle);
    must(container.create());
    const pid_t pid = container.pid();
    struct ::stat root = {};
    REQUIRE(::stat(bundle.rootfs().c_str(), &root) == 0);
    const auto of_the_host = [&](int number, const std::string& target) {
        struct ::stat status = {};
        const std::string path = "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(number);
        if (number <= 2 || ::stat(path.c_str(), &status) != 0) return false;
        const bool barrier = S_ISFIFO(status.st_mode);
        const bool anonymous = target.starts_with("anon_inode:");
        const bool own_root = status.st_dev == root.st_dev && status.st_ino == root.st_ino;
        return !barrier && !anonymous && !own_root;
    };
    // create does not wait until init has reached the barrier.
    std::string found;
    eventually([&] {
        found.clear();
        for (const auto& [number, target] : descriptors_of(pid))
            if (of_the_host(number, target)) found += std::to_string(number) + ' ' + target + '\n';
        return found.empty();
    });
    CHECK(found == "");
    const std::string self = "/proc/" + std::to_string(pid);
    CHECK(link_of(self + "/cwd") == "/");
    CHECK(link_of(self + "/root") == "/");
    CHECK_THAT(link_of(self + "/exe"), Catch::Contains("memfd"));
}

TEST_CASE("no descriptor but 0 to 2 reaches the program, whatever the caller had open") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    Container container(bundle);
    const int folder = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(folder >= 0);
    CommandOptions options;
    options.fds = {{3, folder}, {4, folder}, {17, folder}, {400, folder}};
    must(container.create({}, options));
    must(container.start());
    ::close(folder);
    std::vector<int> numbers;
    for (const auto& [number, target] : descriptors_of(container.pid())) numbers.push_back(number);
    CHECK(numbers == std::vector<int>{0, 1, 2});
}

TEST_CASE("standard descriptors that the caller closed are not open files of crux in the program") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep).write();
    Container container(bundle);
    std::string line = "exec";
    for (const std::string& word : container.words({"create", "-b", bundle.path(), container.id()}))
        line += " '" + word + '\'';
    must(run({"/bin/sh", "-c", line + " <&- >&- 2>&-"}));
    must(container.start());
    for (const auto& [number, target] : descriptors_of(container.pid())) {
        INFO(number);
        CHECK(target == "/dev/null");
    }
}

TEST_CASE("a killed caller does not take init with it") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    Container container(bundle);
    must(container.create());
    // PR_SET_PDEATHSIG cannot be read from outside; the signal would follow the end of the parent.
    CHECK(status_field(container.pid(), "PPid") == std::to_string(::getpid()));
    CHECK(container.status() == "created");
    must(container.start());
    CHECK(container.status() == "running");
}

TEST_CASE("the pid file replaces an older one and a half-written one") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    Container container(bundle);
    const std::string file = bundle.path() + "/pid";
    write_file(file, "an older and longer text\n");
    const mode_t before = ::umask(022);
    must(container.create());
    ::umask(before);
    CHECK(read_file(file) == std::to_string(container.state()["pid"].get<int>()));
    CHECK_FALSE(fs::exists(bundle.path() + "/.pid"));
    struct ::stat status = {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0644);
    must(container.remove());

    write_file(bundle.path() + "/.pid", "left by a create that was killed");
    must(container.create());
    CHECK_FALSE(fs::exists(bundle.path() + "/.pid"));
    must(container.remove());

    container.global_options = bare_errors();
    refused_with(container.crux({"create", "-b", bundle.path(), "--pid-file", "/nosuch/dir/pid",
                                 container.id()}),
                 "/nosuch/dir/.pid: open: no such file or directory");
    CHECK(container.status() == "");
}

TEST_CASE("the cgroup of create holds init and lasts until delete") {
    need_root();
    need_controller("memory");
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/true"});
    Container container(bundle);
    must(container.create());
    const pid_t pid = container.pid();
    const auto folder = cgroup_of(pid, "memory");
    REQUIRE(folder);
    CHECK_THAT(*folder, Catch::Contains(container.id()));
    CHECK(read_file(*folder + "/cgroup.procs") == std::to_string(pid) + '\n');
    must(container.start());
    CHECK(exit_of(pid) == 0);
    CHECK(fs::exists(*folder));
    CHECK(container.status() == "stopped");
    must(container.remove());
    CHECK_FALSE(fs::exists(*folder));
}

TEST_CASE("without a cgroup namespace the cgroup is where /proc/self/cgroup says") {
    need_root();
    if (cgroup_mode() != CgroupMode::v2) skip("needs cgroup v2");
    const Unchanged host;
    Bundle bundle;
    bundle.without_name_space("cgroup");
    bundle.args(
        {"/bin/sh", "-c",
         "own=/sys/fs/cgroup$(sed s/0:://p\\;d /proc/self/cgroup); grep -x $$ $own/cgroup.procs;"
         "mkdir $own/below || echo no"});
    Container container(bundle);
    const Outcome outcome = container.run();
    INFO(outcome.err);
    CHECK(outcome.out == "1\nno\n");
    CHECK_THAT(outcome.err, Catch::Contains("Read-only file system"));
}

TEST_CASE("a container shares all namespaces of another but its mounts, and has its own cgroup") {
    need_root();
    const Unchanged host;
    Bundle first;
    for (const char* ids : {"/linux/uidMappings", "/linux/gidMappings"})
        first.set(ids, {{{"containerID", 0}, {"hostID", 100000}, {"size", 65536}}});
    first.args(kSleep).name_space("user").name_space("cgroup");
    Container owner(first);
    must(owner.create());
    must(owner.start());

    Bundle second;
    second.args(kSleep);
    const std::string namespaces = "/proc/" + std::to_string(owner.pid()) + "/ns/";
    const std::vector<std::pair<std::string, std::string>> shared = {
        {"user", "user"}, {"cgroup", "cgroup"}, {"pid", "pid"},
        {"ipc", "ipc"},   {"uts", "uts"},       {"network", "net"},
    };
    for (const auto& [type, file] : shared) second.name_space(type, namespaces + file);
    Container sharer(second);
    must(sharer.create());
    must(sharer.start());
    const pid_t pid = sharer.pid();
    for (const auto& [type, file] : shared) {
        INFO(type);
        CHECK(fs::read_symlink(namespaces + file) ==
              fs::read_symlink("/proc/" + std::to_string(pid) + "/ns/" + file));
    }
    if (const auto folder = cgroup_of(pid, "pids"))
        CHECK_THAT(*folder, Catch::Contains(sharer.id()));
    must(sharer.remove({"--force"}));
    // The owner's pid namespace only ends after a wait for this process.
    CHECK(exit_of(pid) == 128 + SIGKILL);
    must(owner.remove({"--force"}));
}

TEST_CASE("a cgroup with processes of another program is refused and not changed") {
    need_root();
    need_controller("pids");
    const Unchanged host;
    Bundle bundle;
    const std::string name = our_tag() + "-taken";
    bundle.args(kSleep).set("/linux/cgroupsPath", '/' + name);
    const std::string folder = *controller_mount("pids") + '/' + name;
    REQUIRE(fs::create_directory(folder));
    Process other({"/bin/sleep", "1000"});
    write_file(folder + "/cgroup.procs", std::to_string(other.pid()));
    Container container(bundle);
    container.global_options = bare_errors();
    refused_with(container.create(), "container's cgroup is not empty: 1 process(es) found");
    CHECK(container.status() == "");
    CHECK_FALSE(other.ended());
    CHECK(fs::exists(folder));
    other.signal(SIGKILL);
    other.wait();
    ::rmdir(folder.c_str());
}

TEST_CASE("an init that another process kills during create is reported as killed") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    // The state on standard input contains the pid to kill.
    bundle.set(
        "/hooks/createRuntime",
        {{{"path", "/bin/sh"},
          {"args", {"sh", "-c", "kill -9 $(grep -o '\"pid\": *[0-9]*' | grep -o '[0-9]*')"}}}});
    Container container(bundle);
    container.global_options = bare_errors();
    refused(container.create(),
            "runc create failed: unable to start container process: container init was killed by "
            "signal 9 (killed) before the container was "
            "created");
    CHECK(container.status() == "");
    refused(container.run(),
            "runc run failed: unable to start container process: container init was killed by "
            "signal 9 (killed) before the container was "
            "created");
}

TEST_CASE("an init that is killed at any moment of create leaves its own error and nothing else") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    std::minstd_rand random(7);
    int killed = 0;
    for (int i = 0; i < 60; ++i) {
        Container container(bundle);
        bundle.write();
        Process creating(container.words({"create", "-b", bundle.path(), container.id()}));
        pid_t init = 0;
        const auto end = std::chrono::steady_clock::now() + 5s * slowdown();
        while (init == 0 && !creating.ended() && std::chrono::steady_clock::now() < end) {
            const auto children = children_of(creating.pid());
            if (!children.empty()) init = children.front();
        }
        // Some iterations of a loop instead of a sleep, which would take longer than all of create.
        for (auto turns = random() % 3000 * static_cast<unsigned>(i % 5); turns > 0; --turns)
            (void)::getppid();
        const bool was_there = init != 0 && !creating.ended() && ::kill(init, SIGKILL) == 0;
        const Outcome outcome = creating.wait();
        INFO(i << ' ' << outcome.describe());
        CHECK_FALSE(outcome.timed_out);
        if (!outcome.ok()) {
            CHECK(was_there);
            ++killed;
            CHECK_THAT(outcome.err, Catch::Contains("killed by signal 9"));
            CHECK(container.status() == "");
            CHECK_FALSE(fs::exists(container.state_folder()));
        } else {
            CHECK_THAT(container.status(), Catch::Equals("created") || Catch::Equals("stopped"));
            CHECK(outcome.err == "");
        }
        must(container.remove({"--force"}));
    }
    CHECK(killed > 0);
}

TEST_CASE("an init that its memory limit kills is reported with the limit") {
    need_root();
    need_controller("memory");
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep).set("/linux/resources/memory/limit", 16384);
    Container container(bundle);
    container.global_options = bare_errors();
    const Outcome outcome = container.create();
    INFO(outcome.describe());
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.err,
               Catch::Contains("container init was OOM-killed (memory limit too low?)"));
    CHECK_THAT(outcome.err, Catch::Contains("/linux/resources/memory/limit"));
    CHECK_THAT(outcome.err, Catch::Contains("the limit is 16384"));
    CHECK(container.status() == "");
}

TEST_CASE("a create that fails at its very end leaves nothing") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    Container container(bundle);
    container.global_options = bare_errors();
    // No process listens there.
    refused_with(container.create({"--pidfd-socket", bundle.path() + "/nosuch"}), "pidfd socket");
    CHECK(container.status() == "");
    CHECK_FALSE(fs::exists(bundle.path() + "/pid"));
}

TEST_CASE("if files in memory may not be executed, init runs from its own filesystem") {
    need_root();
    if (!std::filesystem::exists("/proc/sys/vm/memfd_noexec"))
        skip("needs vm.memfd_noexec (Linux 6.3)");
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep).write();
    Container container(bundle);
    // The setting applies to a pid namespace and those below it. exec joins namespaces: its init
    // has a file that only the owner reads.
    const std::string script =
        "umask 077; echo 2 >/proc/sys/vm/memfd_noexec && id=" + container.id() +
        R"( && "$@" run --detach --bundle )" + bundle.path() +
        R"( $id </dev/null >/dev/null || exit
"$@" exec $id cat /proc/sys/vm/memfd_noexec; code=$?
"$@" delete --force $id; exit $code)";
    std::vector<std::string> words = {"unshare", "--pid", "--fork", "--mount-proc",
                                      "sh",      "-c",    script,   "sh"};
    for (const std::string& word : container.words({})) words.push_back(word);
    const Outcome outcome = run(words);
    INFO(outcome.describe());
    CHECK(outcome.ok());
    CHECK(outcome.out == "2\n");
}

TEST_CASE("init runs on a host whose /dev has no link to the descriptors") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.script("echo here");
    Container container(bundle);
    container.prefix = {"unshare",
                        "--mount",
                        "sh",
                        "-c",
                        "mount -t tmpfs tmpfs /dev && mknod /dev/null c 1 3 && exec \"$@\"",
                        "sh"};
    const Outcome outcome = container.run();
    INFO(outcome.describe());
    CHECK(outcome.out == "here\n");
}

TEST_CASE("a pidfd of init is sent to the caller") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args(kSleep);
    Container container(bundle);
    const std::string path = bundle.path() + "/pidfd.sock";
    const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(listener, reinterpret_cast<::sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener, 1) == 0);
    must(container.create({"--pidfd-socket", path}));
    const int peer = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    REQUIRE(peer >= 0);
    char text[64];
    alignas(::cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    ::iovec data = {text, sizeof text};
    ::msghdr message = {};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t length = ::recvmsg(peer, &message, MSG_CMSG_CLOEXEC);
    CHECK(std::string(text, static_cast<std::size_t>(std::max<ssize_t>(length, 0))) == "standard");
    REQUIRE(CMSG_FIRSTHDR(&message) != nullptr);
    int pidfd = -1;
    std::memcpy(&pidfd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof pidfd);
    CHECK(::syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0) == 0);
    CHECK(exit_of(container.pid()) == 128 + SIGKILL);
    for (const int file : {pidfd, peer, listener}) ::close(file);
}

}  // namespace
}  // namespace crux::test

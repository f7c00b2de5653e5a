// The process of config.json: program, arguments, environment, working directory, names, limits,
// score, keyring and descriptors.

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

using nlohmann::json;

/// The output of the program, which must succeed.
std::string output_of(Bundle& bundle, const std::vector<std::string>& options = {},
                      const CommandOptions& more = {}) {
    Container container(bundle);
    const Outcome outcome = container.run(options, more);
    INFO(outcome.describe());
    CHECK(outcome.ok());
    CHECK(outcome.err == "");
    return outcome.out;
}

/// Checks that create fails with this message after its prefix, and leaves nothing behind.
void create_refused(Bundle& bundle, const std::string& sentence) {
    Container container(bundle);
    container.global_options = bare_errors();
    const Outcome outcome = container.create();
    INFO(outcome.describe());
    refused_with(outcome, "runc create failed: ");
    CHECK_THAT(outcome.err, Catch::Contains(sentence));
    CHECK(container.status() == "");
}

TEST_CASE("a program that is not there or may not be run fails create in Go's words") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.file("plain", "text", 0644).folder("opt/folder");
    const struct {
        const char* program;
        const char* sentence;
    } cases[] = {
        {"nosuch", R"(exec: "nosuch": executable file not found in $PATH)"},
        {"", R"(exec: "": executable file not found in $PATH)"},
        {"/nosuch", R"(exec: "/nosuch": stat /nosuch: no such file or directory)"},
        {"/bin/nosuch", R"(exec: "/bin/nosuch": stat /bin/nosuch: no such file or directory)"},
        {"./nosuch", R"(exec: "./nosuch": stat ./nosuch: no such file or directory)"},
        {"/plain", R"(exec: "/plain": permission denied)"},
        {"/opt", R"(exec: "/opt": is a directory: permission denied)"},
        {"/plain/x", R"(exec: "/plain/x": stat /plain/x: not a directory)"},
    };
    for (const auto& one : cases) {
        INFO(one.program);
        bundle.args({one.program});
        create_refused(bundle, one.sentence);
    }
}

TEST_CASE("the program is looked up in the container, along the PATH of its environment") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.file("opt/a/tool", "#!/bin/sh\necho a\n", 0644)
        .file("opt/b/tool", "#!/bin/sh\necho b $0 \"$@\"\n", 0755)
        .folder("opt/d/tool")
        .args({"tool", "x y", "", "*"})
        .set("/process/env", {"PATH=/nosuch:/opt/d:/opt/a:/opt/b:/bin"});
    CHECK(output_of(bundle) == "b /opt/b/tool x y  *\n");
    // The last one of several counts; an empty entry means the working directory.
    bundle.set("/process/env", {"PATH=/opt/a", "PATH=/bin:"}).set("/process/cwd", "/opt/b");
    CHECK(output_of(bundle) == "b ./tool x y  *\n");
    bundle.set("/process/env", {"PATH=/opt/a"});
    create_refused(bundle, R"(exec: "tool": executable file not found in $PATH)");
    bundle.args({"./tool"});
    CHECK(output_of(bundle) == "b ./tool\n");
    bundle.remove("/process/env").args({"true"});
    CHECK(output_of(bundle) == "");
}

TEST_CASE("errors of exec itself are on the program's standard error, with exit status 255") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.file("garbage", "\177ELF and nothing more", 0755)
        .file("orphan", "#!/bin/nosuch\n", 0755)
        .file("windows", "#!/bin/sh\r\nexit\r\n", 0755)
        .file("nested", "#!/orphan\n", 0755)
        .file("plain", "#!/bin/sh\n", 0644)
        .file("closed", "#!/plain\n", 0755)
        .file("textless", "just text\n", 0755);
    const struct {
        const char* program;
        const char* line;
    } cases[] = {
        {"/garbage", "exec /garbage: exec format error (the file is a damaged ELF file)\n"},
        {"/orphan",
         "exec /orphan: no such file or directory (the interpreter \"/bin/nosuch\" does not "
         "exist)\n"},
        {"/windows",
         "exec /windows: no such file or directory (the interpreter \"/bin/sh\\r\" does not exist: "
         "its line ends with a carriage return)\n"},
        {"/nested",
         "exec /nested: no such file or directory (the interpreter \"/bin/nosuch\" does not "
         "exist)\n"},
        {"/closed",
         "exec /closed: permission denied (the interpreter \"/plain\" may not be executed)\n"},
        {"/textless",
         "exec /textless: exec format error (the file is no ELF file, and no script with \"#!\" in "
         "its first line)\n"}};
    for (const auto& one : cases) {
        INFO(one.program);
        bundle.args({one.program});
        Container container(bundle);
        must(container.create());
        // The barrier was passed: this start has succeeded.
        must(container.start());
        CHECK(exit_of(container.pid()) == 255);
        CHECK(container.err() == one.line);
        CHECK(container.out() == "");
        CHECK(container.status() == "stopped");
        must(container.remove());
        const Outcome outcome = container.run();
        CHECK(outcome.status == 255);
        CHECK(outcome.err == one.line);
    }
}

TEST_CASE("the environment is config.json's, each name once, and HOME from the passwd file") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/env"}).set("/process/env", {"A=1", "PATH=/bin", "A=2", "EMPTY=", "B=x=y"});
    CommandOptions callers;
    callers.env = {{"SECRET", "of the caller"}, {"HOME", "/caller"}};
    CHECK(output_of(bundle, {}, callers) == "PATH=/bin\nA=2\nEMPTY=\nB=x=y\nHOME=/root\n");

    bundle
        .file("etc/passwd",
              "root:x:0:0:root:/root:/bin/sh\n# no "
              "entry\nweb:x:77:7:a:/srv/web:/bin/sh\nlast:x:80:7::/srv/last:/bin/sh\n"
              "other:x:78:7::/srv/other")
        .set("/process/env", json::array());
    const struct {
        int uid;
        const char* home;
    } users[] = {{0, "/root"},      {77, "/srv/web"}, {78, "/srv/other"},
                 {80, "/srv/last"}, {79, "/"},        {7, "/"}};
    for (const auto& user : users) {
        INFO(user.uid);
        bundle.set("/process/user/uid", user.uid);
        CHECK(output_of(bundle) == "HOME=" + std::string(user.home) + '\n');
    }
    bundle.set("/process/env", {"HOME="}).set("/process/user/uid", 77);
    CHECK(output_of(bundle) == "HOME=/srv/web\n");
    bundle.set("/process/env", {"HOME=/given"});
    CHECK(output_of(bundle) == "HOME=/given\n");
    std::filesystem::remove(bundle.rootfs() + "/etc/passwd");
    bundle.set("/process/env", json::array());
    CHECK(output_of(bundle) == "HOME=/\n");
    // A trap: no process ever writes to it.
    REQUIRE(::mkfifo((bundle.rootfs() + "/etc/passwd").c_str(), 0644) == 0);
    CHECK(output_of(bundle) == "HOME=/\n");
}

TEST_CASE("a passwd file that the user may not read is not one without the user") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/env"})
        .file("etc/passwd", "web:x:77:7::/srv/web:/bin/sh\n")
        .set("/process/env", json::array())
        .set("/process/user/uid", 77)
        .write();
    REQUIRE(::chmod((bundle.rootfs() + "/etc/passwd").c_str(), 0600) == 0);
    Container container(bundle);
    const Outcome outcome = container.run();
    CHECK(outcome.status == 0);
    CHECK(outcome.out == "HOME=/\n");
    CHECK_THAT(outcome.err, Catch::Contains("level=warning") &&
                                Catch::Contains("look up HOME of user 77 in /etc/passwd: ") &&
                                Catch::Contains("permission denied"));
}

TEST_CASE("the working directory is made where it is missing, and entered") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/pwd"});
    const struct {
        const char* given;
        const char* entered;
    } folders[] = {{"/", "/"},
                   {"/tmp", "/tmp"},
                   {"/made/for/this", "/made/for/this"},
                   {"/tmp/./y", "/tmp/y"},
                   {"//tmp", "/tmp"}};
    for (const auto& folder : folders) {
        INFO(folder.given);
        bundle.set("/process/cwd", folder.given);
        CHECK(output_of(bundle) == folder.entered + std::string("\n"));
    }
    struct ::stat status = {};
    REQUIRE(::stat((bundle.rootfs() + "/made/for/this").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0755);
    CHECK(status.st_uid == 0);
}

TEST_CASE("a working directory that is a file or leads nowhere fails create") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.file("plain", "text");
    std::filesystem::create_symlink("loop", bundle.rootfs() + "/loop");
    bundle.set("/process/cwd", "/plain");
    create_refused(bundle, "not a directory");
    bundle.set("/process/cwd", "/plain/below");
    create_refused(bundle, "not a directory");
    bundle.set("/process/cwd", "/loop");
    create_refused(bundle, "symbolic links");
    CHECK(read_file(bundle.rootfs() + "/plain") == "text");
}

TEST_CASE("a working directory that only its user may enter is entered") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/pwd"}).folder("home/web").set("/process/user/uid", 77);
    bundle.set("/process/cwd", "/home/web");
    REQUIRE(::chown((bundle.rootfs() + "/home/web").c_str(), 77, 77) == 0);
    REQUIRE(::chmod((bundle.rootfs() + "/home/web").c_str(), 0700) == 0);
    CHECK(output_of(bundle) == "/home/web\n");
}

TEST_CASE("no working directory leads out of the container through a descriptor") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/pwd"});
    const int folder = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CommandOptions options;
    for (int number = 3; number < 20; ++number) options.fds.emplace_back(number, folder);
    for (int number = 3; number < 20; ++number) {
        bundle.set("/process/cwd", "/proc/self/fd/" + std::to_string(number));
        Container container(bundle);
        const Outcome outcome = container.run({}, options);
        INFO(number << outcome.describe());
        // A descriptor of that number may exist, but only for a directory of the container.
        if (outcome.ok())
            CHECK(outcome.out == "/\n");
        else
            CHECK_THAT(outcome.err, Catch::Contains("cwd"));
    }
    // The one that the caller passes on.
    bundle.set("/process/cwd", "/proc/self/fd/3");
    Container container(bundle);
    const Outcome outcome = container.run({"--preserve-fds", "1"}, options);
    INFO(outcome.describe());
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.err, Catch::Contains("(config.json: /process/cwd)"));
    ::close(folder);
}

TEST_CASE("resource limits are lowered, raised where that is allowed, and refused otherwise") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/cat", "/proc/self/limits"})
        .set("/process/rlimits", {{{"type", "RLIMIT_NOFILE"}, {"soft", 123}, {"hard", 456}},
                                  {{"type", "RLIMIT_CORE"}, {"soft", 0}, {"hard", 0}},
                                  {{"type", "RLIMIT_NPROC"}, {"soft", 5000}, {"hard", 6000}}});
    const std::string limits = output_of(bundle);
    CHECK_THAT(limits, Catch::Contains("Max open files            123                  456 "));
    CHECK_THAT(limits, Catch::Contains("Max core file size        0                    0 "));
    CHECK_THAT(limits, Catch::Contains("Max processes             5000                 6000 "));

    // Above the hard limit of crux itself.
    struct ::rlimit own = {};
    REQUIRE(::getrlimit(RLIMIT_MSGQUEUE, &own) == 0);
    const std::string number = std::to_string(own.rlim_max + 1);
    bundle.set(
        "/process/rlimits",
        {{{"type", "RLIMIT_MSGQUEUE"}, {"soft", own.rlim_max + 1}, {"hard", own.rlim_max + 1}}});
    constexpr int kSysResource = 24;
    if (has_capability(kSysResource))
        CHECK_THAT(output_of(bundle), Catch::Contains(number));
    else
        create_refused(bundle, "operation not permitted (config.json: /process/rlimits/0)");
}

TEST_CASE("limits that are not set are those of the caller") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/cat", "/proc/self/limits"}).remove("/process/rlimits").write();
    Container container(bundle);
    std::string line = "ulimit -S -n 321; ulimit -S -s 4096; exec";
    for (const std::string& word : container.words({"run", "-b", bundle.path(), container.id()}))
        line += " '" + word + '\'';
    const Outcome outcome = run({"/bin/sh", "-c", line});
    CHECK_THAT(outcome.out, Catch::Contains("Max open files            321 "));
    CHECK_THAT(outcome.out, Catch::Contains("Max stack size            4194304 "));
}

TEST_CASE("the oom score is set when given, and otherwise the caller's") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/cat", "/proc/self/oom_score_adj"}).write();
    const auto from = [&](const std::string& score) {
        Container container(bundle);
        bundle.write();
        std::string line = "echo " + score + " >/proc/self/oom_score_adj; exec";
        for (const std::string& word :
             container.words({"run", "-b", bundle.path(), container.id()}))
            line += " '" + word + '\'';
        return run({"/bin/sh", "-c", line}).out;
    };
    CHECK(from("17") == "17\n");
    bundle.set("/process/oomScoreAdj", 500);
    CHECK(from("17") == "500\n");
    bundle.set("/process/oomScoreAdj", 0);
    const bool may_lower = has_capability(24);
    if (may_lower) CHECK(from("17") == "0\n");
    bundle.set("/process/oomScoreAdj", 800).name_space("user");
    for (const char* map : {"/linux/uidMappings", "/linux/gidMappings"})
        bundle.set(map, {{{"containerID", 0}, {"hostID", 0}, {"size", 65536}}});
    CHECK(from("17") == "800\n");
}

TEST_CASE("sysctls are written in the container's own namespaces") {
    need_root();
    const Unchanged host;
    const std::string before = read_file("/proc/sys/kernel/shmmni");
    Bundle bundle;
    bundle
        .set("/linux/sysctl", {{"kernel.shmmni", "1234"},
                               {"net.ipv4.ip_forward", "1"},
                               {"net/ipv4/ping_group_range", "0 7"},
                               {"kernel.msgmax", "4096"}})
        .script(
            "cd /proc/sys; cat kernel/shmmni net/ipv4/ip_forward net/ipv4/ping_group_range "
            "kernel/msgmax");
    CHECK(output_of(bundle) == "1234\n1\n0\t7\n4096\n");
    CHECK(read_file("/proc/sys/kernel/shmmni") == before);
    bundle.set("/linux/sysctl", {{"net.ipv4.nosuch", "1"}});
    create_refused(bundle, "no such file or directory");
    bundle.set("/linux/sysctl", {{"net.ipv4.ip_forward", "many"}});
    create_refused(bundle, "invalid argument");
}

TEST_CASE("sysctls are written through the bound /proc where no other procfs can be had") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const nlohmann::json map =
        nlohmann::json::array({{{"containerID", 0}, {"hostID", 100'000}, {"size", 65'536}}});
    bundle.name_space("user").set("/linux/uidMappings", map).set("/linux/gidMappings", map);
    // The host's pid namespace, and so only the host's procfs.
    bundle.without_name_space("pid")
        .set("/mounts/0",
             {{"destination", "/proc"}, {"source", "/proc"}, {"options", {"rbind", "nosuid"}}})
        .remove("/linux/maskedPaths")
        .set("/linux/readonlyPaths", {"/proc/sys"})
        .set("/linux/sysctl", {{"net.ipv4.ip_forward", "1"}})
        .script("cat /proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv4/ip_forward");
    const std::string before = read_file("/proc/sys/net/ipv4/ip_forward");
    const Outcome outcome = Container(bundle).run();
    CHECK(outcome.out == "1\n");
    CHECK_THAT(outcome.err, Catch::Contains("Read-only file system"));
    CHECK(read_file("/proc/sys/net/ipv4/ip_forward") == before);
    // Only a mounted procfs is accepted.
    bundle.remove("/mounts/0");
    create_refused(bundle, "operation not permitted");
}

TEST_CASE("a sysctl of a namespace that the container shares with the host is refused") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.without_name_space("ipc").set("/linux/sysctl", {{"kernel.shmmni", "1234"}});
    create_refused(bundle, "/linux/sysctl");
    bundle.set("/linux/sysctl", {{"vm.swappiness", "1"}});
    create_refused(bundle, "/linux/sysctl");
    // By its path too: in the order in which init joins namespaces, and before it exists.
    const std::string own = "/proc/" + std::to_string(::getpid()) + "/ns/";
    const char* const refusal =
        "not allowed in host network namespace (config.json: "
        "/linux/sysctl/net.ipv4.ip_forward)";
    bundle.name_space("network", own + "net").set("/linux/sysctl", {{"net.ipv4.ip_forward", "1"}});
    create_refused(bundle, refusal);
    bundle.name_space("user");
    for (const char* map : {"/linux/uidMappings", "/linux/gidMappings"})
        bundle.set(map, {{{"containerID", 0}, {"hostID", 0}, {"size", 65536}}});
    create_refused(bundle, refusal);
}

TEST_CASE("the container has its host name and its domain name, and the host keeps its own") {
    need_root();
    const Unchanged host;
    char before[256] = {};
    REQUIRE(::gethostname(before, sizeof before - 1) == 0);
    Bundle bundle;
    bundle.set("/hostname", "a-name")
        .set("/domainname", "a.domain")
        .script("hostname; cat /proc/sys/kernel/domainname");
    CHECK(output_of(bundle) == "a-name\na.domain\n");
    char after[256] = {};
    REQUIRE(::gethostname(after, sizeof after - 1) == 0);
    CHECK(std::string(before) == after);
    bundle.without_name_space("uts");
    create_refused(bundle, "/hostname");
}

TEST_CASE("the container has its own session keyring, except with --no-new-keyring") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    // /proc/keys lists the keys that the reader possesses.
    bundle.remove("/linux/maskedPaths").script("cat /proc/keys");
    Container first(bundle);
    const Outcome own = first.run();
    if (own.out.find("keyring") == std::string::npos)
        skip("needs a kernel that lists keys in /proc/keys");
    CHECK_THAT(own.out, Catch::Contains("_ses." + first.id()));
    // Its name contains the container's id, so it differs from others.
    Container second(bundle);
    const Outcome shared = second.run({"--no-new-keyring"});
    CHECK(shared.ok());
    CHECK_THAT(shared.out, !Catch::Contains("_ses." + second.id()));
}

/// A caller that passes these files from descriptor 3 on, with holes.
CommandOptions with_files(const std::vector<int>& numbers, int file) {
    CommandOptions options;
    for (const int number : numbers) options.fds.emplace_back(number, file);
    return options;
}

TEST_CASE("preserved descriptors keep their numbers, and nothing above them is passed on") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/busybox", "sh", "-c", "cat <&3; cd /proc/$$/fd; echo *"});
    const std::string path = bundle.path() + "/passed";
    write_file(path, "passed\n");
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    // The shell opens the directory to list it, with the lowest free number.
    CHECK(output_of(bundle, {"--preserve-fds", "1"}, with_files({3, 4, 5, 9}, file)) ==
          "passed\n0 1 2 3 4\n");
    ::close(file);
}

TEST_CASE("preserved descriptors may have holes, which stay closed") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/sleep", "1000"});
    const int file = ::open("/dev/zero", O_RDONLY | O_CLOEXEC);
    Container container(bundle);
    must(container.create({"--preserve-fds", "5"}, with_files({3, 5, 7, 8}, file)));
    must(container.start());
    ::close(file);
    std::string numbers;
    const std::string folder = "/proc/" + std::to_string(container.pid()) + "/fd/";
    for (int number = 0; number < 100; ++number)
        if (link_of(folder + std::to_string(number)) != "") numbers += std::to_string(number) + ' ';
    CHECK(numbers == "0 1 2 3 5 7 ");
    CHECK(link_of(folder + "7") == "/dev/zero");
}

TEST_CASE("descriptors of socket activation are passed on when they are meant for crux") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.script("echo $LISTEN_FDS $LISTEN_PID $LISTEN_FDNAMES; cat <&3; cat <&4").write();
    const std::string path = bundle.path() + "/passed";
    write_file(path, "passed\n");
    Container container(bundle);
    std::string words;
    for (const std::string& word :
         container.words({"run", "-b", bundle.path(), "--preserve-fds", "1", container.id()}))
        words += " '" + word + '\'';
    const auto activated = [&](const std::string& pid) {
        return run({"/bin/sh", "-c",
                    "exec 3<" + path + " 4<" + path + "; LISTEN_FDS=1 LISTEN_PID=" + pid +
                        " LISTEN_FDNAMES=one exec" + words});
    };
    CHECK(activated("$$").out == "1 1\npassed\npassed\n");
    // Meant for another process: only preserved descriptors are passed.
    CHECK(activated("1").out == "\npassed\n");
}

TEST_CASE("the program's signals are not blocked, whatever the caller blocks") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/grep", "SigBlk", "/proc/self/status"});
    sigset_t blocked;
    sigset_t before;
    ::sigemptyset(&blocked);
    for (const int signal : {SIGUSR2, SIGPIPE, SIGHUP}) ::sigaddset(&blocked, signal);
    ::sigprocmask(SIG_BLOCK, &blocked, &before);
    CHECK(output_of(bundle) == "SigBlk:\t0000000000000000\n");
    Container container(bundle);
    must(container.create());
    must(container.start());
    CHECK(exit_of(container.pid()) == 0);
    CHECK(container.out() == "SigBlk:\t0000000000000000\n");
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace crux::test

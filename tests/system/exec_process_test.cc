// exec: the properties of the process, from the container's configuration, from flags and from
// --process.

#include <fcntl.h>
#include <sys/stat.h>
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

using nlohmann::json;

/// A process document for a script.
json process_of(const std::string& script) {
    return {{"args", {"/bin/sh", "-c", script}},
            {"cwd", "/"},
            {"env", {"PATH=/bin"}},
            {"user", {{"uid", 0}, {"gid", 0}}}};
}

TEST_CASE("exec starts from the container's process and changes what its flags name") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.file("/etc/passwd", "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n")
        .folder("/work")
        .set("/process/cwd", "/work")
        .set("/process/env", {"PATH=/bin", "A=1", "B=2"})
        .set("/process/rlimits",
             json::array({{{"type", "RLIMIT_NOFILE"}, {"hard", 64}, {"soft", 32}}}))
        .set("/process/user/umask", 027);
    const Sleeper container(bundle);
    CHECK(container.exec_script({}, "pwd; echo $A$B; umask; ulimit -n; echo $HOME").out ==
          "/work\n12\n0027\n32\n/root\n");
    CHECK(
        container.exec_script({"--cwd", "/tmp", "-e", "B=3", "--env", "C=x,y"}, "pwd; echo $A$B$C")
            .out == "/tmp\n13x,y\n");
    CHECK(container.exec_script({"-u", "1000"}, "id -u; id -g; id -G; echo $HOME").out ==
          "1000\n0\n0\n/home/app\n");
    CHECK(container
              .exec_script({"-u", "1000:1000", "-g", "5", "--additional-gids", "6"},
                           "id -u; id -g; id -G")
              .out == "1000\n1000\n1000 5 6\n");
    CHECK(container.exec_script({"-u", "7777"}, "echo $HOME").out == "/\n");
}

TEST_CASE("exec confines its process as the container's own") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/linux/seccomp", {{"defaultAction", "SCMP_ACT_ALLOW"},
                                  {"syscalls", json::array({{{"names", {"mkdir", "mkdirat"}},
                                                             {"action", "SCMP_ACT_ERRNO"},
                                                             {"errnoRet", 95}}})}});
    const Sleeper container(bundle);
    const std::string init = std::to_string(container.pid());
    for (const char* field :
         {"CapBnd", "CapEff", "CapPrm", "CapInh", "CapAmb", "NoNewPrivs", "Seccomp"}) {
        INFO(field);
        const Outcome outcome =
            container.exec_script({}, std::string("grep ^") + field + ": /proc/self/status");
        CHECK_THAT(outcome.out, Catch::EndsWith(status_field(container.pid(), field) + '\n'));
    }
    CHECK_THAT(container.exec_script({}, "mkdir /tmp/x").err,
               Catch::Contains("Operation not supported"));
    // The cache of filters is kept on purpose.
    std::filesystem::remove_all(container.root() + "/seccomp:cache");
}

TEST_CASE("exec adds capabilities and takes no-new-privs from its flags") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/process/noNewPrivileges", false);
    const Sleeper container(bundle);
    const std::string show =
        "grep -E '^(CapBnd|CapEff|CapInh|CapAmb|NoNewPrivs)' /proc/self/status";
    const auto lines = [&](const std::vector<std::string>& flags) {
        return container.exec_script(flags, show).out;
    };
    // CAP_KILL is 5, CAP_NET_BIND_SERVICE 10, CAP_AUDIT_WRITE 29; CAP_SYS_TIME 25.
    CHECK(lines({}) ==
          "CapInh:\t0000000000000000\nCapEff:\t0000000020000420\nCapBnd:\t0000000020000420\n"
          "CapAmb:\t0000000000000000\nNoNewPrivs:\t0\n");
    CHECK(lines({"--cap", "CAP_SYS_TIME", "--no-new-privs"}) ==
          "CapInh:\t0000000000000000\nCapEff:\t0000000022000420\nCapBnd:\t0000000022000420\n"
          "CapAmb:\t0000000000000000\nNoNewPrivs:\t1\n");
    refused_with(container.exec({"-c", "CAP_NOSUCH"}, {"id"}), "CAP_NOSUCH", 255);
    refused_with(container.exec({"-c", "CAP_SYS_TIEM"}, {"id"}),
                 R"(unknown capability "CAP_SYS_TIEM" (did you mean "CAP_SYS_TIME"?))", 255);
}

TEST_CASE("exec --process reads everything about the process from the file") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const Sleeper container(bundle);
    const std::string file = bundle.path() + "/process.json";
    json document = process_of("id -u; pwd; echo $A");
    document["user"]["uid"] = 1000;
    document["cwd"] = "/tmp";
    document["env"].push_back("A=file");
    write_file(file, document.dump());
    // These flags, and the words after the id, have no effect then.
    const Outcome outcome = container.exec(
        {"--process", file, "-u", "5", "--cwd", "/", "-e", "A=flag", "--tty"}, {"/nosuch"});
    CHECK(outcome.status == 0);
    CHECK(outcome.out == "1000\n/tmp\nfile\n");

    const struct {
        const char* pointer;
        json value;
        const char* words;
    } cases[] = {
        {"/args", json::array(), "args must not be empty"},
        {"/cwd", "", "Cwd property must not be empty"},
        {"/cwd", "tmp", "Cwd must be an absolute path"},
        {"/user/uid", "root", "/user/uid"},
    };
    for (const auto& entry : cases) {
        INFO(entry.words);
        json wrong = process_of("true");
        wrong[json::json_pointer(entry.pointer)] = entry.value;
        write_file(file, wrong.dump());
        refused_with(container.exec({"-p", file}, {}), entry.words, 255);
    }
    write_file(file, "{");
    CHECK(container.exec({"-p", file}, {}).status == 255);
}

TEST_CASE("exec goes into cgroups below the container's, and not above") {
    need_root();
    need_controller("pids");
    const Unchanged host;
    Bundle bundle;
    const Sleeper container(bundle);
    const std::string folder = *cgroup_of(container.pid(), "pids");
    REQUIRE(::mkdir((folder + "/sub").c_str(), 0755) == 0);
    const std::string prefix = cgroup_mode() == CgroupMode::v2 ? "" : "pids:";
    const std::string file = bundle.path() + "/exec.pid";
    must(container.exec({"-d", "--pid-file", file, "--cgroup", prefix + "sub"},
                        {"/bin/sleep", "1000"}));
    const pid_t pid = std::stoi(read_file(file));
    CHECK(cgroup_of(pid, "pids") == folder + "/sub");
    REQUIRE(::kill(pid, SIGKILL) == 0);
    REQUIRE(exit_of(pid));
    refused_with(container.exec({"--cgroup", prefix + "../other"}, {"id"}), "bad sub cgroup path",
                 255);
    refused_with(container.exec({"--cgroup", prefix + "nosuch"}, {"id"}),
                 "adding pid to the cgroup: " + folder + "/nosuch", 255);
    // Without a controller it applies to every hierarchy.
    must(container.exec({"--cgroup", "/"}, {"true"}));
    refused_with(container.exec({"--cgroup", ".."}, {"id"}), "bad sub cgroup path", 255);
    refused_with(container.exec({"--cgroup", "nosuch:sub"}, {"id"}), "unknown controller nosuch",
                 255);
}

TEST_CASE("exec enters a user namespace as the container's root, and other users of it") {
    need_root();
    if (!has_user_namespaces()) skip("needs user namespaces");
    const Unchanged host;
    Bundle bundle;
    bundle.name_space("user");
    for (const char* map : {"/linux/uidMappings", "/linux/gidMappings"})
        bundle.set(map, {{{"containerID", 0}, {"hostID", 100000}, {"size", 65536}}});
    const Sleeper container(bundle);
    CHECK(container.exec_script({}, "id -u; id -g").out == "0\n0\n");
    const std::string file = bundle.path() + "/exec.pid";
    must(container.exec({"-d", "-u", "1000:1001", "--pid-file", file}, {"/bin/sleep", "1000"}));
    const pid_t pid = std::stoi(read_file(file));
    CHECK(status_field(pid, "Uid") == "101000\t101000\t101000\t101000");
    CHECK(status_field(pid, "Gid") == "101001\t101001\t101001\t101001");
    for (const char* type : {"user", "pid", "mnt", "net", "ipc", "uts"})
        CHECK(link_of("/proc/" + std::to_string(pid) + "/ns/" + type) ==
              link_of("/proc/" + std::to_string(container.pid()) + "/ns/" + type));
    REQUIRE(::kill(pid, SIGKILL) == 0);
    REQUIRE(exit_of(pid));
}

TEST_CASE("exec sends the master of its terminal to the console socket") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const Sleeper container(bundle);
    HandOver socket(bundle.path() + "/console");
    const std::string file = bundle.path() + "/exec.pid";
    // The connection is accepted only after exec has ended.
    must(container.exec({"-d", "-t", "--console-socket", socket.path(), "--pid-file", file},
                        {"/bin/sh", "-c", "tty; read line; echo got $line; exit 4"}));
    socket.receive();
    CHECK_THAT(socket.payload(), Catch::StartsWith("/dev/pts/"));
    CHECK_THAT(read_until(socket.file(), "/dev/pts/"), Catch::Contains("/dev/pts/"));
    type(socket.file(), "this\n");
    CHECK_THAT(read_until(socket.file(), "got this"), Catch::Contains("got this"));
    CHECK(exit_of(std::stoi(read_file(file))) == 4);
}

TEST_CASE("exec in the foreground serves the terminal that it was started from") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const Sleeper container(bundle);
    const Pty pty;
    pty.resize(31, 97);
    CommandOptions options;
    options.fds = {{0, pty.slave()}, {1, pty.slave()}, {2, pty.slave()}};
    const auto running = container.exec_beside(
        {"-t"}, {"/bin/sh", "-c", "stty size; read line; echo got $line; exit 5"}, options);
    CHECK_THAT(read_until(pty.master(), "31 97"), Catch::Contains("31 97"));
    type(pty.master(), "that\r");
    CHECK_THAT(read_until(pty.master(), "got that"), Catch::Contains("got that"));
    CHECK(running->wait().status == 5);
}

TEST_CASE("exec goes where the container is when its own cgroup takes no process") {
    need_root();
    const Unchanged host;
    const std::string unified =
        cgroup_mode() == CgroupMode::hybrid ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup";
    if (cgroup_mode() != CgroupMode::v2 && cgroup_mode() != CgroupMode::hybrid)
        skip("needs the unified cgroup hierarchy");
    std::string controller = read_file(unified + "/cgroup.subtree_control");
    controller = controller.substr(0, controller.find_first_of(" \n"));
    if (controller.empty()) skip("needs an enabled controller in the unified cgroup hierarchy");
    Bundle bundle;
    const Sleeper container(bundle);
    const std::string pid = std::to_string(container.pid());
    std::string own;
    for (const std::string& line : lines_of(read_file("/proc/" + pid + "/cgroup")))
        if (line.starts_with("0::")) own = unified + line.substr(3);
    REQUIRE(::mkdir((own + "/inner").c_str(), 0755) == 0);
    write_file(own + "/inner/cgroup.procs", pid);
    write_file(own + "/cgroup.subtree_control", "+" + controller);
    const Outcome outcome = container.exec_script({}, "grep ^0:: /proc/self/cgroup");
    CHECK(outcome.status == 0);
    CHECK_THAT(outcome.out, Catch::EndsWith("/inner\n"));
    // If the container's own cgroup is requested, there is no fallback.
    refused_with(container.exec({"--cgroup", "/"}, {"true"}),
                 "adding pid of the new process to cgroups: clone3: device or resource busy", 255);
}

TEST_CASE("exec goes where the container is when its own cgroup has gone") {
    need_root();
    if (cgroup_mode() != CgroupMode::v2) skip("needs cgroup v2");
    const Unchanged host;
    Bundle bundle;
    Sleeper container(bundle);
    const std::string own = *cgroup_of(container.pid(), "memory");
    const std::string other = "/sys/fs/cgroup/" + our_tag() + "-other";
    REQUIRE(::mkdir(other.c_str(), 0755) == 0);
    write_file(other + "/cgroup.procs", std::to_string(container.pid()));
    REQUIRE(::rmdir(own.c_str()) == 0);
    const Outcome outcome = container.exec_script({}, "grep ^0:: /proc/self/cgroup");
    CHECK(outcome.err == "");
    CHECK_THAT(outcome.out, Catch::EndsWith("-other\n"));
    CHECK(container.status() == "running");
    must(container.remove({"--force"}));
    CHECK(::rmdir(other.c_str()) == 0);
}

}  // namespace
}  // namespace crux::test

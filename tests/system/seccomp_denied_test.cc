// What a profile has to allow for crux itself, and how a profile is named that does not.

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <set>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"
#include "tests/support/runs.h"
#include "tests/system/calls.h"

namespace crux::test {
namespace {

using nlohmann::json;

/// An action for every call that a profile does not list.
struct Denial {
    const char* action;
    int error;
};
constexpr Denial kDenials[] = {
    {"SCMP_ACT_KILL_PROCESS", 0}, {"SCMP_ACT_ERRNO", EPERM}, {"SCMP_ACT_ERRNO", ENOSYS}};

/// A profile that allows these calls only, and those of the program /calls.
json only(const Denial& denial, const std::vector<std::string>& names) {
    json profile = {{"defaultAction", denial.action}, {"syscalls", {allow_own_calls(names)}}};
    if (denial.error != 0) profile["defaultErrnoRet"] = denial.error;
    return profile;
}

/// A process that one exec starts, as its process.json.
std::string process_file(Bundle& bundle, bool no_new_privileges) {
    const json process = {{"args", {"/calls"}},
                          {"cwd", "/"},
                          {"user", {{"uid", 1000}, {"gid", 1000}}},
                          {"noNewPrivileges", no_new_privileges}};
    const std::string path = bundle.path() + "/process.json";
    write_file(path, process.dump());
    return path;
}

TEST_CASE("seccomp: of the calls of crux a profile has to allow capset and execve, and no other") {
    need_root();
    for (const Denial& denial : kDenials) {
        for (const bool no_new_privileges : {true, false}) {
            for (const int user : {0, 1000}) {
                INFO(denial.action << ' ' << denial.error << ", noNewPrivileges "
                                   << no_new_privileges << ", user " << user);
                std::vector<std::string> needed = {"pselect6"};
                if (!no_new_privileges) needed.emplace_back("capset");
                Calls bundle(only(denial, needed));
                bundle.set("/process/noNewPrivileges", no_new_privileges)
                    .set("/process/user", {{"uid", user}, {"gid", user}})
                    .set("/process/capabilities/ambient", json::array())
                    .set("/hooks/startContainer", {{{"path", "/calls"}}});
                {
                    Container container(bundle);
                    must(container.run());
                }
                bundle.make({call(__NR_pselect6)});
                Container container(bundle);
                must(container.create());
                must(container.start());
                CHECK(container.status() == "running");
                must(container.crux({"exec", "--process", process_file(bundle, no_new_privileges),
                                     container.id()}));
            }
        }
    }
}

TEST_CASE("seccomp: a profile that denies capset or execve is named") {
    need_root();
    Calls without_capset(but({rule("capset", "SCMP_ACT_ERRNO")}));
    without_capset.set("/process/noNewPrivileges", false);
    {
        Container container(without_capset);
        const Outcome outcome = container.run();
        INFO(outcome.describe());
        CHECK(outcome.status == 1);
        CHECK(outcome.err.find("error during container init: the seccomp profile denies capset: "
                               "capset: operation not permitted (config.json: /linux/seccomp)") !=
              std::string::npos);
    }
}

TEST_CASE("seccomp: a profile that denies execve is named, with the text of its errno") {
    need_root();
    Calls bundle(but({rule("execve", "SCMP_ACT_ERRNO")}));
    const struct {
        int error;
        const char* words;
    } rows[] = {{EPERM, "operation not permitted"},      {ENOENT, "no such file or directory"},
                {EACCES, "permission denied"},           {ENOSYS, "function not implemented"},
                {EOPNOTSUPP, "operation not supported"}, {0, "execve returned"}};
    for (const auto& row : rows) {
        INFO("errno " << row.error);
        json denied = rule("execve", "SCMP_ACT_ERRNO");
        denied["errnoRet"] = row.error;
        bundle.set("/linux/seccomp", but({denied}));
        Container container(bundle);
        const Outcome outcome = container.run();
        INFO(outcome.describe());
        CHECK(outcome.status == 255);
        CHECK(outcome.err == std::string("exec /calls: ") + row.words +
                                 " (the seccomp profile denies execve: /linux/seccomp)\n");
    }
}

constexpr const char* kKills[] = {"SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
                                  "SCMP_ACT_TRAP"};

TEST_CASE("seccomp: a profile that kills the process before its program is an error of create") {
    need_root();
    const Unchanged host;
    for (const char* action : kKills) {
        INFO(action);
        Calls bundle(but({rule("execve", action)}));
        create_refused(bundle,
                       "the seccomp profile kills the process at execve, before its program is "
                       "executed (config.json: /linux/seccomp)");
        bundle.set("/linux/seccomp", but({rule("capset", action)}))
            .set("/process/noNewPrivileges", false);
        create_refused(bundle,
                       "the seccomp profile kills the process at capset, before its program is "
                       "executed (config.json: /linux/seccomp)");
        // With no_new_privs init makes no capset, but a process of exec may.
        bundle.set("/process/noNewPrivileges", true);
        bundle.make({call(__NR_pselect6)});
        Container container(bundle);
        must(container.create());
        must(container.start());
        const Outcome outcome =
            container.crux({"exec", "--process", process_file(bundle, false), container.id()});
        INFO(outcome.describe());
        CHECK(outcome.status == 255);
        CHECK(outcome.err.find("the seccomp profile kills the process at capset") !=
              std::string::npos);
    }
}

TEST_CASE("seccomp: init looks at a program that was not executed unless that could kill it") {
    need_root();
    constexpr const char* kWords = "exec /orphan: no such file or directory";
    constexpr const char* kCause = " (the interpreter \"/bin/nosuch\" does not exist)";
    // Those that init makes, and those that it must not make.
    const std::set<std::string> looks = {"openat", "statx", "faccessat", "pread64"};
    std::vector<std::string> names(looks.begin(), looks.end());
    for (const char* other : {"close", "read", "openat2", "fstat", "newfstatat", "faccessat2",
                              "readlinkat", "mmap", "munmap", "lseek", "access", "open", "stat"})
        names.emplace_back(other);
    Calls bundle(but({}));
    bundle.file("orphan", "#!/bin/nosuch\n", 0755).args({"/orphan"});
    const auto told = [&](const json& profile) {
        bundle.set("/linux/seccomp", profile);
        Container container(bundle);
        const Outcome outcome = container.run();
        INFO(profile.dump() << outcome.describe());
        CHECK(outcome.status == 255);
        CHECK_THAT(outcome.err, Catch::StartsWith(kWords) && Catch::EndsWith("\n"));
        return outcome.err == std::string(kWords) + kCause + "\n";
    };
    CHECK(told(but({})));
    for (const std::string& name : names) {
        INFO(name);
        for (const char* action : kKills)
            CHECK(told(but({rule(name, action)})) == !looks.contains(name));
        (void)told(but({rule(name, "SCMP_ACT_ERRNO")}));
        (void)told(but({rule(name, "SCMP_ACT_TRACE")}));
    }
    for (const Denial& denial : kDenials)
        CHECK(told(only(denial, {"capset", "openat", "statx", "faccessat", "pread64"})));
    CHECK(!told(only(kDenials[0], {"capset"})));
}

/// Runs crux, to which a filter applies that kills it and its children at this call.
Outcome create_under_filter(const Container& container, Bundle& bundle, std::uint32_t number) {
    bundle.write();
    const std::string said = bundle.path() + "/said";
    const ::pid_t child = ::fork();
    if (child == 0) {
        const int file = ::open(said.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        ::dup2(file, 2);
        ::sock_filter filter[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
                                  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
                                  BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
                                  BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
        const ::sock_fprog program{4, filter};
        ::syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
        ::execl(crux_program().c_str(), "crux", "--root", container.root().c_str(), "create",
                "--bundle", bundle.path().c_str(), container.id().c_str(),
                static_cast<char*>(nullptr));
        ::_exit(127);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return {.status = WEXITSTATUS(status), .err = read_file(said)};
}

TEST_CASE("an init that a filter of the caller kills is named as killed by one") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/linux/seccomp", but({}));
    const Container container(bundle);
    const Outcome outcome = create_under_filter(container, bundle, __NR_pivot_root);
    INFO(outcome.describe());
    CHECK(outcome.status == 1);
    CHECK(outcome.err.find("container init was killed by signal 31 (bad system call) before the "
                           "container was created: a seccomp filter that applies to crux itself "
                           "denies a system call") != std::string::npos);
}

TEST_CASE("seccomp: a profile that denies capset is named by exec") {
    need_root();
    // The container's own process has no_new_privs, and needs no capset.
    Calls bundle(but({rule("capset", "SCMP_ACT_ERRNO")}));
    bundle.set("/process/noNewPrivileges", true);
    bundle.make({call(__NR_pselect6)});
    Container container(bundle);
    must(container.create());
    must(container.start());
    const Outcome outcome =
        container.crux({"exec", "--process", process_file(bundle, false), container.id()});
    INFO(outcome.describe());
    CHECK(outcome.status == 255);
    CHECK(outcome.err ==
          "exec /calls: capset: operation not permitted (the seccomp profile denies capset: "
          "/linux/seccomp)\n");
}

TEST_CASE("a startContainer hook has the IDs, the capabilities and the filter of the program") {
    need_root();
    for (const bool no_new_privileges : {true, false}) {
        INFO("noNewPrivileges " << no_new_privileges);
        constexpr const char* kTell =
            "grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp|Seccomp_filters)' /proc/self/status "
            ">";
        Calls bundle(but({rule("getppid", "SCMP_ACT_ERRNO")}));
        bundle.folder("out")
            .mount("/out", "tmpfs", "tmpfs", {"mode=1777"})
            .script(std::string(kTell) + "/out/program; cmp /out/hook /out/program || cat /out/*")
            .set("/process/noNewPrivileges", no_new_privileges)
            .set("/process/user", {{"uid", 1000}, {"gid", 1000}, {"additionalGids", {5, 20}}})
            .set("/hooks/startContainer",
                 {{{"path", "/bin/sh"}, {"args", {"sh", "-c", std::string(kTell) + "/out/hook"}}}});
        Container container(bundle);
        const Outcome outcome = container.run();
        INFO(outcome.describe());
        CHECK(outcome.status == 0);
        CHECK(outcome.out == "");
    }
}

TEST_CASE(
    "a container that waits for start keeps one capability for its filter, and cannot be traced") {
    need_root();
    Calls bundle(but({rule("getppid", "SCMP_ACT_ERRNO")}));
    bundle.set("/process/noNewPrivileges", false)
        .set("/process/user", {{"uid", 1000}, {"gid", 1000}})
        .remove("/process/capabilities");
    Container container(bundle);
    must(container.create());
    constexpr const char* kSysAdmin = "0000000000200000";
    CHECK(status_field(container.pid(), "CapEff") == kSysAdmin);
    CHECK(status_field(container.pid(), "CapPrm") == kSysAdmin);
    for (const char* empty : {"CapInh", "CapBnd", "CapAmb"})
        CHECK(status_field(container.pid(), empty) == "0000000000000000");
    struct ::stat owner{};
    const std::string memory = "/proc/" + std::to_string(container.pid()) + "/mem";
    REQUIRE(::stat(memory.c_str(), &owner) == 0);
    // Only the files of a process that can be traced belong to its user (proc(5)).
    CHECK(owner.st_uid == 0);
}

}  // namespace
}  // namespace crux::test

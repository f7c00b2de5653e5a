// What a profile has to allow for crux itself, and how a profile is named that does not.

#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <csignal>

#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"
#include "tests/support/host_snapshot.h"
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
    Calls without_execve(but({rule("execve", "SCMP_ACT_ERRNO")}));
    for (const int error : {EPERM, ENOSYS}) {
        INFO("errno " << error);
        json denied = rule("execve", "SCMP_ACT_ERRNO");
        denied["errnoRet"] = error;
        without_execve.set("/linux/seccomp", but({denied}));
        Container container(without_execve);
        const Outcome outcome = container.run();
        INFO(outcome.describe());
        CHECK(outcome.status == 255);
        CHECK(outcome.err ==
              std::string("exec /calls: ") +
                  (error == EPERM ? "operation not permitted" : "function not implemented") +
                  " (the seccomp profile denies execve: /linux/seccomp)\n");
    }
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

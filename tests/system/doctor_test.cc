// crux doctor: its findings agree with what containers can do on this host, and it changes nothing.

#include <unistd.h>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"
#include "tests/support/ordinary_user.h"

namespace crux::test {
namespace {

using nlohmann::json;

/// The findings that are not good, by their text.
json read(const Outcome& outcome) {
    INFO(outcome.describe());
    json report = json::parse(outcome.out, nullptr, false);
    REQUIRE(report.is_object());
    CHECK(outcome.err == "");
    CHECK(outcome.status == (report.at("fit").get<bool>() ? 0 : 1));
    return report;
}

json examined(const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {crux_program(), "doctor", "--format", "json"};
    words.insert(words.end(), more.begin(), more.end());
    return read(run(words));
}

bool fails(const json& report, const std::string& pattern) {
    for (const json& finding : report.at("findings"))
        for (const json& one : finding.value("fails", json::array()))
            if (one.at("pattern") == pattern) return true;
    return false;
}

TEST_CASE("doctor finds a host fit where a container runs, and changes nothing") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    Container container(bundle);
    const bool runs = container.run().ok();
    const json report = examined();
    CHECK(report.at("fit") == runs);
    bool kernel = false;
    for (const json& finding : report.at("findings"))
        kernel = kernel || (finding.at("subject") == "kernel" && finding.at("grade") == "good");
    CHECK(kernel);
    const std::string text = run({crux_program(), "doctor"}).out;
    CHECK_THAT(text, Catch::StartsWith("good: kernel: Linux ") &&
                         Catch::EndsWith(runs ? "an ordinary container can run here\n"
                                              : "an ordinary container cannot run here\n"));
}

TEST_CASE("what doctor reports as failing fails, and nothing else") {
    need_root();
    const Unchanged host;
    const json report = examined();
    const struct {
        const char* pattern;
        const char* pointer;
        json value;
    } cases[] = {
        {"/process/apparmorProfile", "/process/apparmorProfile", "unconfined"},
        {"/process/selinuxLabel", "/process/selinuxLabel", "a:b:c:d"},
        {"/annotations/org.cruxruntime.landlock",
         "/annotations",
         {{"org.cruxruntime.landlock", "abi=1; read,execute:/"}}},
        {"/annotations/org.cruxruntime.core-scheduling",
         "/annotations",
         {{"org.cruxruntime.core-scheduling", "own"}}},
        {"/linux/memoryPolicy", "/linux/memoryPolicy", {{"mode", "MPOL_LOCAL"}, {"nodes", ""}}},
        {"/linux/intelRdt", "/linux/intelRdt", {{"closID", our_tag()}}},
        {"/linux/timeOffsets", "/linux/namespaces/-", {{"type", "time"}}},
        {"/linux/seccomp", "/linux/seccomp", {{"defaultAction", "SCMP_ACT_ALLOW"}}},
    };
    for (const auto& one : cases) {
        INFO(one.pattern);
        Bundle bundle;
        bundle.set(one.pointer, one.value).write();
        // No policy has this label; no class has schemata to compare with.
        const bool needs_more = std::string(one.pattern) == "/process/selinuxLabel";
        const bool said = fails(report, one.pattern);
        CHECK(examined({"--bundle", bundle.path()}).at("fit") == !said);
        if (!said && needs_more) continue;
        Container container(bundle);
        CHECK(container.create().ok() == !said);
    }
}

TEST_CASE("doctor checks one bundle by its configuration") {
    need_root();
    if (access("/sys/fs/selinux/enforce", F_OK) == 0) skip("SELinux is active");
    const Unchanged host;
    Bundle bundle;
    bundle.write();
    const std::vector<std::string> words = {crux_program(), "doctor", "-b", bundle.path()};
    CHECK_THAT(run(words).out, Catch::EndsWith("this bundle can run here\n"));
    bundle.set("/process/selinuxLabel", "a:b:c:d").set("/process/cwd", "relative").write();
    const Outcome outcome = run(words);
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.out, Catch::Contains("broken: config.json: /process/cwd: ") &&
                                Catch::Contains("SELinux is not active") &&
                                Catch::Contains("    fails: /process/selinuxLabel\n") &&
                                !Catch::Contains("criu") &&
                                Catch::EndsWith("this bundle cannot run here\n"));
    CHECK_THAT(run({crux_program(), "doctor", "-b", "/nowhere"}).err, Catch::Contains("/nowhere"));
}

TEST_CASE("doctor shows a user without a writable cgroup how to fix it") {
    need_root();
    if (cgroup_mode() == CgroupMode::none) skip("no cgroup filesystem is mounted");
    const Unchanged host;
    // Read-only in a mount namespace that ends with the command.
    const char* const kScript =
        "for point in $(awk '$3 ~ /^cgroup2?$/ {print $2}' /proc/self/mounts); do "
        "mount -o remount,bind,ro $point || exit 9; done; exec \"$@\"";
    const json report = read(run({"unshare", "--mount", "sh", "-c", kScript, "sh", crux_program(),
                                  "doctor", "--format", "json"}));
    CHECK(report.at("fit") == false);
    bool told = false;
    for (const json& finding : report.at("findings"))
        told = told || (finding.at("grade") == "broken" &&
                        finding.value("remedy", "") == "mount -o remount,rw /sys/fs/cgroup");
    CHECK(told);
}

TEST_CASE("doctor names the sysctl that forbids user namespaces") {
    need_root();
    if (!has_user_namespaces()) skip("needs user namespaces");
    const Unchanged host;
    // The sysctl belongs to the user namespace in which it is written.
    const Outcome outcome =
        run({"unshare", "--user", "--map-root-user", "sh", "-c",
             "echo 0 >/proc/sys/user/max_user_namespaces; exec \"$0\" doctor", crux_program()});
    INFO(outcome.describe());
    CHECK_THAT(outcome.out, Catch::Contains("cannot create a user namespace") &&
                                Catch::Contains("    fails: /linux/namespaces/*/type \"user\"\n"
                                                "    fix: sysctl -w user.max_user_namespaces="));
}

TEST_CASE("doctor reports an unprivileged user's ids, and finds the host fit if containers run") {
    const Unchanged host;
    OrdinaryUser user;
    const json report = read(run(user.words({OrdinaryUser::program(), "doctor", "-f", "json"})));
    CHECK(report.at("fit") == true);
    bool ids = false;
    for (const json& finding : report.at("findings"))
        ids = ids || finding.at("subject") == "subordinate ids";
    CHECK(ids);
}

}  // namespace
}  // namespace crux::test

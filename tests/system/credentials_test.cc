// The identity of the process: user, groups, umask, capabilities, no_new_privs, and the owner of
// its streams.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"

namespace crux::test {
namespace {

using nlohmann::json;

constexpr const char* kShowSets = "grep -E '^Cap' /proc/self/status | tr -d '\\t'";

std::string output_of(Bundle& bundle) {
    Container container(bundle);
    const Outcome outcome = container.run();
    INFO(outcome.describe());
    CHECK(outcome.ok());
    CHECK(outcome.err == "");
    return outcome.out;
}

TEST_CASE("the process has the ids and exactly the groups that are given") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/process/user", {{"uid", 77}, {"gid", 88}, {"additionalGids", {5, 99, 1234567}}})
        .script("grep -E '^(Uid|Gid|Groups)' /proc/self/status");
    CHECK(output_of(bundle) ==
          "Uid:\t77\t77\t77\t77\nGid:\t88\t88\t88\t88\nGroups:\t5 99 1234567 \n");
    bundle.set("/process/user", {{"uid", 77}, {"gid", 88}});
    CHECK_THAT(output_of(bundle), Catch::Contains("Groups:\t \n"));
}

TEST_CASE("the umask is the given one, and otherwise the caller's") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.script("umask");
    for (const mode_t callers : {0027U, 0077U, 0U}) {
        const mode_t before = ::umask(callers);
        const std::string out = output_of(bundle);
        ::umask(before);
        std::ostringstream expected;
        expected << '0' << std::oct << (callers >> 6U) << (callers >> 3U & 7U) << (callers & 7U);
        CHECK(out == expected.str() + '\n');
    }
    bundle.set("/process/user/umask", 0037);
    CHECK(output_of(bundle) == "0037\n");
    bundle.set("/process/user/umask", 0);
    CHECK(output_of(bundle) == "0000\n");
}

TEST_CASE("what crux makes in the container does not depend on the caller's umask") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.script("stat -c '%a %n' /dev/null /dev/pts /made").folder("made");
    bundle.set("/process/cwd", "/fresh");
    const mode_t before = ::umask(0077);
    const std::string out = output_of(bundle);
    ::umask(before);
    CHECK_THAT(out, Catch::StartsWith("666 /dev/null\n755 /dev/pts\n"));
    struct ::stat status = {};
    REQUIRE(::stat((bundle.rootfs() + "/fresh").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0755);
}

TEST_CASE("the five capability sets are exactly the given ones") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.script(kShowSets).set(
        "/process/capabilities",
        {{"bounding", {"CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW", "CAP_SYS_CHROOT"}},
         {"permitted", {"CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"}},
         {"effective", {"CAP_CHOWN", "CAP_KILL"}},
         {"inheritable", {"CAP_KILL", "CAP_NET_RAW"}},
         {"ambient", {"CAP_NET_RAW"}}});
    // An exec as root computes the sets again (capabilities(7)), so another user shows more.
    bundle.set("/process/user/uid", 77);
    CHECK(output_of(bundle) ==
          "CapInh:0000000000002020\nCapPrm:0000000000002000\nCapEff:0000000000002000\n"
          "CapBnd:0000000000042021\nCapAmb:0000000000002000\n");
    bundle.set("/process/user/uid", 0).set("/process/noNewPrivileges", false);
    CHECK(output_of(bundle) ==
          "CapInh:0000000000002020\nCapPrm:0000000000042021\nCapEff:0000000000042021\n"
          "CapBnd:0000000000042021\nCapAmb:0000000000002000\n");
}

TEST_CASE("init waits with the sets that config.json gives, before exec changes them") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/process/capabilities", {{"bounding", {"CAP_CHOWN", "CAP_KILL"}},
                                         {"permitted", {"CAP_CHOWN", "CAP_KILL"}},
                                         {"effective", {"CAP_KILL"}},
                                         {"inheritable", {"CAP_CHOWN"}}});
    Container container(bundle);
    must(container.create());
    const pid_t pid = container.pid();
    CHECK(status_field(pid, "CapBnd") == "0000000000000021");
    CHECK(status_field(pid, "CapPrm") == "0000000000000021");
    CHECK(status_field(pid, "CapEff") == "0000000000000020");
    CHECK(status_field(pid, "CapInh") == "0000000000000001");
    CHECK(status_field(pid, "CapAmb") == "0000000000000000");
    CHECK(status_field(pid, "NoNewPrivs") == "1");
}

TEST_CASE("without capabilities in config.json the process has none") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.script(kShowSets).remove("/process/capabilities");
    const std::string none = "0000000000000000\n";
    CHECK(output_of(bundle) == "CapInh:" + none + "CapPrm:" + none + "CapEff:" + none +
                                   "CapBnd:" + none + "CapAmb:" + none);
}

TEST_CASE("a capability that is unknown or cannot be granted is a warning") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.script(kShowSets).set("/process/user/uid", 77);
    json sets = {{"bounding", {"CAP_KILL", "CAP_NOSUCH"}},
                 {"permitted", {"CAP_KILL", "CAP_NOSUCH"}},
                 {"effective", {"CAP_KILL", "CAP_NOSUCH"}},
                 {"inheritable", {"CAP_KILL"}},
                 {"ambient", {"CAP_KILL"}}};
    bundle.set("/process/capabilities", sets);
    const std::string kill = "0000000000000020\n";
    const std::string all = "CapInh:" + kill + "CapPrm:" + kill + "CapEff:" + kill +
                            "CapBnd:" + kill + "CapAmb:" + kill;
    Container container(bundle);
    Outcome outcome = container.run();
    CHECK(outcome.status == 0);
    CHECK(outcome.out == all);
    CHECK_THAT(outcome.err, Catch::Contains("level=warning"));
    CHECK_THAT(outcome.err, Catch::Contains("CAP_NOSUCH"));

    // This process does not have this capability.
    constexpr int kSysResource = 24;
    if (!has_capability(kSysResource)) {
        for (auto& [name, set] : sets.items()) set = {"CAP_KILL", "CAP_SYS_RESOURCE"};
        bundle.set("/process/capabilities", sets);
        outcome = container.run();
        INFO(outcome.describe());
        CHECK(outcome.status == 0);
        CHECK(outcome.out == all);
        CHECK_THAT(outcome.err, Catch::Contains("level=warning"));
        CHECK_THAT(outcome.err, Catch::Contains("CAP_SYS_RESOURCE"));
    }

    // An ambient capability must also be inheritable.
    bundle.set("/process/capabilities", {{"bounding", {"CAP_KILL", "CAP_CHOWN"}},
                                         {"permitted", {"CAP_KILL", "CAP_CHOWN"}},
                                         {"effective", {"CAP_KILL", "CAP_CHOWN"}},
                                         {"inheritable", {"CAP_KILL"}},
                                         {"ambient", {"CAP_CHOWN", "CAP_KILL"}}});
    outcome = container.run();
    INFO(outcome.describe());
    CHECK(outcome.status == 0);
    CHECK_THAT(outcome.out, Catch::Contains("CapAmb:0000000000000020"));
    CHECK_THAT(outcome.err, Catch::Contains("level=warning"));
    CHECK_THAT(outcome.err, Catch::Contains("CAP_CHOWN"));
}

TEST_CASE("no_new_privs is set when asked for, and only then") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.script("grep NoNewPrivs /proc/self/status");
    CHECK(output_of(bundle) == "NoNewPrivs:\t1\n");
    bundle.set("/process/noNewPrivileges", false);
    CHECK(output_of(bundle) == "NoNewPrivs:\t0\n");
    bundle.remove("/process/noNewPrivileges");
    CHECK(output_of(bundle) == "NoNewPrivs:\t0\n");
}

TEST_CASE("the process of any user may open its own streams again") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/process/user", {{"uid", 77}, {"gid", 77}})
        .script("echo out >/dev/stdout; echo err >/dev/stderr");
    int outputs[2];
    int errors[2];
    REQUIRE(::pipe2(outputs, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(errors, O_CLOEXEC) == 0);
    CommandOptions options;
    options.fds = {{1, outputs[1]}, {2, errors[1]}};
    Container container(bundle);
    must(container.create({}, options));
    must(container.start());
    CHECK(exit_of(container.pid()) == 0);
    for (const auto& [end, text] :
         {std::pair(outputs[0], "out\n"), std::pair(errors[0], "err\n")}) {
        char said[16] = {};
        CHECK(::read(end, said, sizeof said - 1) == 4);
        CHECK(std::string(said) == text);
    }
    struct ::stat status = {};
    REQUIRE(::stat("/dev/null", &status) == 0);
    CHECK(status.st_uid == 0);
    for (const int one : {outputs[0], outputs[1], errors[0], errors[1]}) ::close(one);
}

TEST_CASE("ids outside of the user namespace's mappings are an error") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.name_space("user").script("id -u; id -g; cat /proc/self/uid_map");
    for (const char* map : {"/linux/uidMappings", "/linux/gidMappings"})
        bundle.set(map, {{{"containerID", 0}, {"hostID", 100000}, {"size", 1000}}});
    bundle.set("/process/user", {{"uid", 999}, {"gid", 998}});
    std::filesystem::permissions(work_folder(), std::filesystem::perms(0755));
    const std::string out = output_of(bundle);
    CHECK_THAT(out, Catch::StartsWith("999\n998\n"));
    CHECK_THAT(out, Catch::Contains("100000"));
    for (const char* id : {"uid", "gid"}) {
        bundle.set("/process/user", {{"uid", 0}, {"gid", 0}});
        bundle.set(std::string("/process/user/") + id, 1000);
        Container container(bundle);
        container.global_options = bare_errors();
        const Outcome outcome = container.create();
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.err, Catch::Contains(std::string("unmapped ") + id + " 1000"));
    }
}

TEST_CASE("crun's annotation keeps the caller's groups") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.args({"/bin/grep", "^Groups:", "/proc/self/status"});
    bundle.set("/process/user/additionalGids", {7});
    Container container(bundle);
    container.prefix = {"setpriv", "--groups", "4,20"};
    const auto groups = [](const Outcome& outcome) {
        INFO(outcome.describe());
        CHECK(outcome.ok());
        std::istringstream words(outcome.out);
        std::vector<std::string> out{std::istream_iterator<std::string>(words), {}};
        return out;
    };
    using Words = std::vector<std::string>;
    CHECK(groups(container.run()) == Words{"Groups:", "7"});
    bundle.set("/annotations", {{"run.oci.keep_original_groups", "1"}});
    const Outcome kept = container.run();
    CHECK(groups(kept) == Words{"Groups:", "4", "20"});
    CHECK_THAT(kept.err, Catch::Contains("/process/user/additionalGids: is ignored"));
    bundle.args({"/bin/sleep", "1000"}).remove("/process/user/additionalGids");
    must(container.create());
    must(container.start());
    container.prefix = {"setpriv", "--groups", "21"};
    CHECK(groups(container.crux({"exec", container.id(), "/bin/grep",
                                 "^Groups:", "/proc/self/status"})) == Words{"Groups:", "21"});
}

TEST_CASE("with crun's annotation a system call that libseccomp does not know is an error") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.script("true").set(
        "/linux/seccomp",
        {{"defaultAction", "SCMP_ACT_ALLOW"},
         {"syscalls", {{{"names", {"no_such_call", "swapon"}}, {"action", "SCMP_ACT_ERRNO"}}}}});
    Container container(bundle);
    const Outcome warned = container.run();
    CHECK(warned.ok());
    CHECK_THAT(warned.err, Catch::Contains("leaves out: no_such_call"));
    bundle.set("/annotations", {{"run.oci.seccomp_fail_unknown_syscall", "1"}});
    const Outcome refused = container.run();
    CHECK(refused.status == 1);
    CHECK_THAT(refused.err, Catch::Contains("libseccomp does not know: no_such_call") &&
                                Catch::Contains("/linux/seccomp/syscalls"));
}

TEST_CASE("an annotation of crun that changes what runs is refused, and others are a warning") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.script("true");
    Container container(bundle);
    for (const char* name : {"run.oci.handler", "run.oci.seccomp.receiver",
                             "run.oci.seccomp.plugins", "run.oci.seccomp_bpf_data"}) {
        bundle.set("/annotations", {{name, "x"}});
        const Outcome outcome = container.run();
        INFO(outcome.describe());
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.err, Catch::Contains(std::string("/annotations/") + name));
    }
    bundle.set("/annotations", {{"run.oci.hooks.stdout", "/x"}});
    const Outcome outcome = container.run();
    INFO(outcome.describe());
    CHECK(outcome.ok());
    CHECK_THAT(outcome.err, Catch::Contains("level=warning") &&
                                Catch::Contains("/annotations/run.oci.hooks.stdout"));
}

}  // namespace
}  // namespace crux::test

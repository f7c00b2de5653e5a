#include "runtime/doctor/doctor.h"

#include <algorithm>
#include <cerrno>

#include "tests/support/catch.h"

namespace crux::doctor {
namespace {

constexpr std::uint64_t kAllCapabilities = (std::uint64_t{1} << 41U) - 1;

/// A cgroup v2 host with everything, as root sees it.
host::Survey complete() {
    host::Survey survey;
    survey.facts.kernel = {6, 12};
    survey.facts.apparmor = survey.facts.selinux = true;
    survey.facts.landlock_abi = 6;
    const std::vector<std::string> controllers = {"cpu", "cpuset",  "memory", "pids",
                                                  "io",  "hugetlb", "rdma"};
    survey.facts.cgroup = {.mode = host::CgroupMode::v2,
                           .hierarchies = {{.version = 2,
                                            .controllers = controllers,
                                            .mountpoint = "/sys/fs/cgroup",
                                            .own_path = "/",
                                            .own_directory = "/sys/fs/cgroup"}}};
    survey.release = "6.12.0-test";
    survey.capabilities = survey.bounding = kAllCapabilities;
    for (const char* name : {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time"})
        survey.namespaces.push_back({name, 0});
    survey.delegated = controllers;
    survey.security_modules = {"capability", "landlock", "apparmor"};
    survey.seccomp_actions = {"kill_process", "errno", "allow"};
    survey.core_scheduling = survey.memory_policies = true;
    survey.resctrl_known = survey.resctrl_mounted = true;
    survey.systemd = survey.systemd_manager = true;
    survey.criu = {.path = "/usr/sbin/criu"};
    return survey;
}

/// The same for an unprivileged user.
host::Survey of_user() {
    host::Survey survey = complete();
    survey.facts.uid = survey.facts.gid = 1000;
    survey.user = "ada";
    survey.capabilities = 0;
    survey.subordinate_uids = survey.subordinate_gids = 65536;
    survey.newuidmap = {.path = "/usr/bin/newuidmap", .privileged = true};
    survey.newgidmap = {.path = "/usr/bin/newgidmap", .privileged = true};
    return survey;
}

void fail_namespace(host::Survey& survey, std::string_view name, int error) {
    std::ranges::find(survey.namespaces, name, &host::NamespaceTrial::name)->error = error;
}

/// The report of all findings that are not good.
std::string troubles(const host::Survey& survey) {
    std::vector<Finding> findings = examine(survey);
    std::erase_if(findings, [](const Finding& one) { return one.grade == Grade::good; });
    return report_text(findings, "it");
}

TEST_CASE("on a host that has everything there is nothing to fix") {
    CHECK(troubles(complete()) == "it can run here\n");
    CHECK(troubles(of_user()) == "it can run here\n");
    const std::string whole = report_text(examine(complete()), "an ordinary container");
    CHECK_THAT(whole, Catch::StartsWith("good: kernel: Linux 6.12.0-test\n"));
    CHECK_THAT(whole, Catch::Contains("good: cgroups: v2, controllers: cpu, cpuset, memory, pids, "
                                      "io, hugetlb, rdma\n"));
    CHECK_THAT(whole, Catch::EndsWith("an ordinary container can run here\n"));
}

TEST_CASE("an old kernel is limited, and one older than the minimum is broken") {
    host::Survey survey = complete();
    survey.facts.kernel = {5, 13};
    CHECK(troubles(survey) ==
          "limited: kernel: mount option nosymfollow: requires Linux 5.14\n"
          "    fails: /mounts/*/options \"nosymfollow\"\n"
          "limited: kernel: memory policy MPOL_PREFERRED_MANY: requires Linux 5.15\n"
          "    fails: /linux/memoryPolicy/mode \"MPOL_PREFERRED_MANY\"\n"
          "limited: kernel: seccomp flag WAIT_KILLABLE_RECV: requires Linux 5.19\n"
          "    fails: /linux/seccomp/flags \"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"\n"
          "limited: kernel: memory policy MPOL_WEIGHTED_INTERLEAVE: requires Linux 6.9\n"
          "    fails: /linux/memoryPolicy/mode \"MPOL_WEIGHTED_INTERLEAVE\"\n"
          "it can run here\n");
    survey.facts.kernel = {5, 11};
    CHECK_THAT(troubles(survey), Catch::Contains("/mounts/*/options \"ridmap\"") &&
                                     Catch::Contains("/mounts/*/options \"rro\"") &&
                                     !Catch::Contains("\"rbind\""));
    survey.facts.kernel = {4, 19};
    survey.release = "4.19.0";
    CHECK(troubles(survey) ==
          "broken: kernel: Linux 4.19.0: crux requires Linux 5.10 or later\nit cannot run here\n");
}

TEST_CASE("a namespace that cannot be created is reported with the reason and the fix") {
    const struct {
        bool root;
        const char* name;
        int error;
        std::optional<long> userns_clone;
        const char* text;
    } cases[] = {
        {true,
         "time",
         EINVAL,
         {},
         "limited: namespaces: cannot create a time namespace: this kernel was built without this "
         "type\n"
         "    fails: /linux/namespaces/*/type \"time\", /linux/timeOffsets\n"
         "it can run here\n"},
        {true,
         "user",
         ENOSPC,
         {},
         "limited: namespaces: cannot create a user namespace: the limit of the sysctl "
         "user.max_user_namespaces or the nesting limit is reached\n"
         "    fails: /linux/namespaces/*/type \"user\"\n"
         "    fix: sysctl -w user.max_user_namespaces=10000\n"
         "it can run here\n"},
        {true, "pid", EPERM, 0,
         "broken: namespaces: cannot create a pid namespace: operation not permitted (by a seccomp "
         "filter, a security module or a chroot)\n"
         "    fails: /linux/namespaces/*/type \"pid\"\n"
         "it cannot run here\n"},
        {false, "user", EPERM, 0,
         "broken: namespaces: cannot create a user namespace: the sysctl "
         "kernel.unprivileged_userns_clone forbids it to unprivileged users\n"
         "    fails: /linux/namespaces/*/type \"user\"\n"
         "    fix: sysctl -w kernel.unprivileged_userns_clone=1\n"
         "it cannot run here\n"},
        {false,
         "user",
         EPERM,
         {},
         "broken: namespaces: cannot create a user namespace: operation not permitted (by a "
         "seccomp filter, a security module or a chroot)\n"
         "    fails: /linux/namespaces/*/type \"user\"\n"
         "it cannot run here\n"},
        {true,
         "net",
         ENOMEM,
         {},
         "broken: namespaces: cannot create a network namespace: cannot allocate memory\n"
         "    fails: /linux/namespaces/*/type \"network\"\n"
         "it cannot run here\n"},
    };
    for (const auto& one : cases) {
        host::Survey survey = one.root ? complete() : of_user();
        fail_namespace(survey, one.name, one.error);
        survey.userns_clone = one.userns_clone;
        CHECK(troubles(survey) == one.text);
    }
    host::Survey restricted = of_user();
    restricted.userns_apparmor = 1;
    CHECK_THAT(troubles(restricted),
               Catch::Contains("fix: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0\n") &&
                   Catch::EndsWith("it cannot run here\n"));
}

TEST_CASE("an unprivileged user sees what its subordinate IDs require") {
    host::Survey survey = of_user();
    survey.subordinate_gids = 0;
    survey.newuidmap = {};
    survey.newgidmap.privileged = false;
    CHECK(
        troubles(survey) ==
        "limited: subordinate ids: /etc/subgid has no entry for ada: only the caller's own ID can "
        "be mapped\n"
        "    fails: /linux/uidMappings/1\n"
        "    fix: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ada\n"
        "limited: subordinate ids: newuidmap is not in PATH: only the caller's own ID can be "
        "mapped\n"
        "    fails: /linux/uidMappings/1\n"
        "    fix: apt-get install uidmap\n"
        "limited: subordinate ids: /usr/bin/newgidmap does not have the file capability cap_setgid "
        "and is not set-user-ID root\n"
        "    fails: /linux/uidMappings/1\n"
        "    fix: setcap cap_setgid=ep /usr/bin/newgidmap\n"
        "it can run here\n");
}

TEST_CASE("root sees which capabilities it cannot grant") {
    host::Survey survey = complete();
    survey.bounding &= ~(std::uint64_t{1} << 24U);
    CHECK(troubles(survey) ==
          "limited: capabilities: cannot be granted, ignored with a warning: CAP_SYS_RESOURCE\n"
          "    may fail: /process/capabilities/bounding \"CAP_SYS_RESOURCE\", "
          "/process/capabilities/permitted \"CAP_SYS_RESOURCE\", /process/capabilities/effective "
          "\"CAP_SYS_RESOURCE\"\n"
          "it can run here\n");
    survey.capabilities = 0;
    CHECK(troubles(survey) ==
          "broken: capabilities: CAP_SYS_ADMIN is missing: root cannot create a namespace or a "
          "mount\n"
          "it cannot run here\n");
}

TEST_CASE("missing and undelegated controllers are reported with the properties that fail") {
    host::Survey v1 = complete();
    v1.facts.cgroup = {.mode = host::CgroupMode::v1,
                       .hierarchies = {{.version = 1,
                                        .controllers = {"cpu", "cpuset", "memory", "pids", "blkio",
                                                        "hugetlb", "rdma", "net_cls"},
                                        .mountpoint = "/sys/fs/cgroup/all"}}};
    v1.kernel_controllers = {"cpu", "net_prio"};
    CHECK(troubles(v1) ==
          "limited: cgroups: missing controllers: net_prio\n"
          "    may fail: /linux/resources/network/priorities\n"
          "    fix: mkdir -p /sys/fs/cgroup/net_prio && mount -t cgroup -o net_prio cgroup "
          "/sys/fs/cgroup/net_prio\n"
          "it can run here\n");

    host::Survey user = of_user();
    user.delegated = {"memory", "pids"};
    CHECK_THAT(troubles(user),
               Catch::StartsWith("limited: cgroups: missing controllers: cpu, cpuset, io, hugetlb, "
                                 "rdma\n    may fail: /linux/resources/cpu/shares, ") &&
                   Catch::Contains("Delegate=cpu cpuset io memory pids"));

    user.delegated = {"cpu", "cpuset", "io", "memory", "pids"};
    CHECK(troubles(user) ==
          "limited: cgroups: missing controllers: hugetlb, rdma\n"
          "    may fail: /linux/resources/hugepageLimits, /linux/resources/rdma\n"
          "it can run here\n");

    host::Survey none = complete();
    none.facts.cgroup = {};
    CHECK_THAT(troubles(none), Catch::Contains("fix: mount -t cgroup2 cgroup2 /sys/fs/cgroup\n"));
}

TEST_CASE("without a writable cgroup root cannot run a container, and a user cannot limit one") {
    host::Survey root = complete();
    root.closed_cgroups = {"/sys/fs/cgroup"};
    CHECK(troubles(root) ==
          "broken: cgroups: cannot create a cgroup: /sys/fs/cgroup is not writable\n"
          "    fix: mount -o remount,rw /sys/fs/cgroup\n"
          "it cannot run here\n");
    host::Survey user = of_user();
    user.closed_cgroups = {"/sys/fs/cgroup/user.slice"};
    CHECK_THAT(troubles(user),
               Catch::Contains("    may fail: /linux/resources, /linux/cgroupsPath\n    fix: "
                               "systemd-run --user --scope -p Delegate=yes crux ...\n") &&
                   Catch::EndsWith("it can run here\n"));
}

TEST_CASE("each missing facility is reported with its properties and the fix") {
    host::Survey survey = complete();
    survey.facts.apparmor = survey.facts.selinux = false;
    survey.facts.landlock_abi = 0;
    survey.seccomp_actions.clear();
    survey.systemd = survey.systemd_manager = false;
    survey.criu = {};
    survey.resctrl_mounted = false;
    survey.memory_policies = survey.core_scheduling = false;
    const std::string found = troubles(survey);
    for (const char* part :
         {"fails: /process/apparmorProfile\n", "fails: /process/selinuxLabel, /linux/mountLabel\n",
          "fails: /annotations/org.cruxruntime.landlock\n", "fails: /linux/seccomp\n",
          "systemd: this host was not booted with systemd: --systemd-cgroup fails\n",
          "fix: apt-get install criu\n", "fix: mount -t resctrl resctrl /sys/fs/resctrl\n",
          "fails: /linux/memoryPolicy\n", "fails: /annotations/org.cruxruntime.core-scheduling\n"})
        CHECK_THAT(found, Catch::Contains(part));
    CHECK_THAT(found, Catch::EndsWith("it can run here\n"));
    survey.facts.landlock_abi = 2;
    CHECK_THAT(troubles(survey),
               Catch::Contains("limited: Landlock: ABI 2: rules without \"abi=2\" require Linux "
                               "6.2\n"
                               "    may fail: /annotations/org.cruxruntime.landlock\n"));
    survey.systemd = true;
    survey.user = "root";
    CHECK_THAT(troubles(survey), Catch::Contains("fix: loginctl enable-linger root\n"));
}

TEST_CASE("for one config.json the report has only what stops it and its plan's messages") {
    host::Survey survey = complete();
    survey.facts.kernel = {5, 10};
    survey.delegated.clear();
    fail_namespace(survey, "time", EINVAL);
    const std::vector<Finding> host = examine(survey);
    const auto judged = [&](std::string_view config, const oci::Diagnostics& planned) {
        return report_text(judge(host, config, planned), "it");
    };
    CHECK(judged(R"({"linux": {"namespaces": [{"type": "pid"}]}})", {}) == "it can run here\n");
    CHECK(judged(R"({"linux": {"namespaces": [{"type": "time"}]},
                     "mounts": [{"options": ["rbind", "rro"]}]})",
                 {}) ==
          "broken: kernel: id-mapped mounts and recursive mount attributes: requires Linux 5.12\n"
          "    fails: /mounts/*/options \"rro\"\n"
          "broken: namespaces: cannot create a time namespace: this kernel was built without this "
          "type\n"
          "    fails: /linux/namespaces/*/type \"time\"\n"
          "it cannot run here\n");
    constexpr std::string_view kLimits = R"({"linux": {"resources": {"memory": {"limit": 1}}}})";
    CHECK(judged(kLimits, {}) == "it can run here\n");
    oci::Diagnostics planned;
    planned.error("/linux/resources/memory", "no controller");
    planned.warn("/process/commandLine", "is for Windows, ignored");
    CHECK(judged(kLimits, planned) ==
          "broken: config.json: /linux/resources/memory: no controller\n"
          "limited: config.json: /process/commandLine: is for Windows, ignored\n"
          "broken: cgroups: missing controllers: cpu, cpuset, memory, pids, io, hugetlb, rdma\n"
          "    may fail: /linux/resources/memory\n"
          "it cannot run here\n");
}

TEST_CASE("a host that is broken is broken for each config.json that requires the same") {
    host::Survey survey = complete();
    survey.facts.kernel = {4, 4};
    CHECK_FALSE(fit(judge(examine(survey), "{}", {})));
    survey = complete();
    fail_namespace(survey, "net", EPERM);
    CHECK_FALSE(fit(examine(survey)));
    CHECK(fit(judge(examine(survey), "{}", {})));
}

TEST_CASE("the report as JSON has the same findings") {
    const std::vector<Finding> findings = {
        {.subject = "kernel", .text = "Linux 6.1"},
        {.grade = Grade::broken,
         .subject = "namespaces",
         .text = "none",
         .fails = {{"/linux/namespaces/*/type", "user"}},
         .remedy = "sysctl -w a=1"},
        {.grade = Grade::limited,
         .subject = "cgroups",
         .text = "no memory",
         .fails = {{"/linux/resources/memory", ""}},
         .by_value = true},
    };
    CHECK(report_json(findings) == R"({
    "fit": false,
    "findings": [
        {
            "grade": "good",
            "subject": "kernel",
            "text": "Linux 6.1"
        },
        {
            "grade": "broken",
            "subject": "namespaces",
            "text": "none",
            "fails": [
                {
                    "pattern": "/linux/namespaces/*/type",
                    "value": "user"
                }
            ],
            "remedy": "sysctl -w a=1"
        },
        {
            "grade": "lacking",
            "subject": "cgroups",
            "text": "no memory",
            "mayFail": [
                {
                    "pattern": "/linux/resources/memory"
                }
            ]
        }
    ]
}
)");
}

}  // namespace
}  // namespace crux::doctor

// How the kernel assigns CPU time, disks and memory nodes: scheduler, ioPriority, personality,
// memoryPolicy and the core scheduling annotation, read from outside while init waits.

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "tests/support/answered.h"
#include "tests/support/bundle.h"
#include "tests/support/catch.h"
#include "tests/support/checks.h"
#include "tests/support/container.h"
#include "tests/support/facts.h"
#include "tests/support/runs.h"

namespace crux::test {
namespace {

using nlohmann::json;

/// struct sched_attr of the kernel; its header conflicts with glibc's.
struct Attributes {
    std::uint32_t size;
    std::uint32_t policy;
    std::uint64_t flags;
    std::int32_t nice;
    std::uint32_t priority;
    std::uint64_t runtime;
    std::uint64_t deadline;
    std::uint64_t period;
};

Attributes attributes_of(pid_t pid) {
    Attributes attributes{};
    REQUIRE(syscall(SYS_sched_getattr, pid, &attributes, sizeof attributes, 0) == 0);
    return attributes;
}

int io_priority_of(pid_t pid) {
    return static_cast<int>(syscall(SYS_ioprio_get, 1, pid));
}

TEST_CASE("the scheduler of the process is what config.json says") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const struct {
        json scheduler;
        std::uint32_t policy;
        int nice;
        std::uint64_t flags;
    } cases[] = {
        {{{"policy", "SCHED_OTHER"}, {"nice", 5}}, 0, 5, 0},
        {{{"policy", "SCHED_OTHER"}, {"nice", -20}}, 0, -20, 0},
        {{{"policy", "SCHED_BATCH"}, {"nice", 19}}, 3, 19, 0},
        // Linux accepts no nice value with this policy: the caller's stays.
        {{{"policy", "SCHED_IDLE"}}, 5, getpriority(PRIO_PROCESS, 0), 0},
        {{{"policy", "SCHED_BATCH"}, {"flags", {"SCHED_FLAG_RESET_ON_FORK"}}}, 3, 0, 1},
    };
    for (const auto& one : cases) {
        INFO(one.scheduler.dump());
        bundle.set("/process/scheduler", one.scheduler);
        Container container(bundle);
        must(container.create());
        const Attributes found = attributes_of(container.pid());
        CHECK(found.policy == one.policy);
        CHECK(found.nice == one.nice);
        CHECK((found.flags & 1U) == one.flags);
    }
    // It is kept across exec, and requires no capability.
    bundle.set("/process/scheduler", {{"policy", "SCHED_BATCH"}, {"nice", 3}})
        .remove("/process/capabilities")
        .args({"/bin/busybox", "awk", "{print $19, $41}", "/proc/self/stat"});
    CHECK(output_of(bundle) == "3 3\n");
}

/// Allows real-time processes in the container's cgroup, if the kernel requires that (v1).
void allow_real_time(Bundle& bundle) {
    if (!controller_mount("cpu")) return;
    if (access((*controller_mount("cpu") + "/cpu.rt_runtime_us").c_str(), F_OK) != 0) return;
    bundle.set("/linux/cgroupsPath", "/" + our_tag() + "-rt")
        .set("/linux/resources/cpu", {{"realtimePeriod", 1000000}, {"realtimeRuntime", 50000}});
}

TEST_CASE("real-time and deadline policies are applied with their numbers") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    allow_real_time(bundle);
    const struct {
        json scheduler;
        std::uint32_t policy;
        std::uint32_t priority;
        std::uint64_t runtime;
    } cases[] = {
        {{{"policy", "SCHED_FIFO"}, {"priority", 10}}, 1, 10, 0},
        {{{"policy", "SCHED_RR"}, {"priority", 99}}, 2, 99, 0},
        {{{"policy", "SCHED_DEADLINE"},
          {"runtime", 1000000},
          {"deadline", 50000000},
          {"period", 100000000}},
         6,
         0,
         1000000},
    };
    for (const auto& one : cases) {
        INFO(one.scheduler.dump());
        bundle.set("/process/scheduler", one.scheduler);
        Container container(bundle);
        must(container.create());
        const Attributes found = attributes_of(container.pid());
        CHECK(found.policy == one.policy);
        CHECK(found.priority == one.priority);
        if (one.runtime == 0) continue;
        CHECK(found.runtime == one.runtime);
        CHECK(found.deadline == 50000000);
        CHECK(found.period == 100000000);
    }
}

TEST_CASE("a scheduler that the kernel does not have fails create") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/process/scheduler", {{"policy", "SCHED_ISO"}});
    create_refused(bundle,
                   "set the scheduling policy to SCHED_ISO: sched_setattr: invalid argument");
}

TEST_CASE("a deadline policy that a cpuset prevents is an error with the reason") {
    need_root();
    need_controller("cpuset");
    if (std::thread::hardware_concurrency() < 2) skip("needs two CPUs");
    const Unchanged host;
    Bundle bundle;
    allow_real_time(bundle);
    bundle.set("/linux/resources/cpu/cpus", "0")
        .set("/process/scheduler", {{"policy", "SCHED_DEADLINE"},
                                    {"runtime", 1000000},
                                    {"deadline", 50000000},
                                    {"period", 100000000}});
    create_refused(bundle, "process scheduler can't be used together with AllowedCPUs");
}

TEST_CASE("the I/O priority holds for the whole process group") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    const struct {
        const char* name;
        int priority;
        int value;
    } cases[] = {{"IOPRIO_CLASS_RT", 0, 1 << 13},
                 {"IOPRIO_CLASS_RT", 7, (1 << 13) + 7},
                 {"IOPRIO_CLASS_BE", 6, (2 << 13) + 6},
                 {"IOPRIO_CLASS_IDLE", 0, 3 << 13}};
    for (const auto& one : cases) {
        INFO(one.name << " " << one.priority);
        bundle.set("/process/ioPriority", {{"class", one.name}, {"priority", one.priority}});
        Container container(bundle);
        must(container.create());
        CHECK(io_priority_of(container.pid()) == one.value);
    }
    bundle.set("/process/ioPriority", {{"class", "IOPRIO_CLASS_BE"}, {"priority", 6}})
        .script("ionice -p 1; ionice -p $$; sh -c 'ionice -p $$; true'");
    CHECK(output_of(bundle) == "best-effort: prio 6\nbest-effort: prio 6\nbest-effort: prio 6\n");
}

TEST_CASE("the personality is set, for LINUX over an inherited one too") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/linux/personality", {{"domain", "LINUX32"}}).args({"uname", "-m"});
    const std::string plain = run({"uname", "-m"}).out;
    CHECK(output_of(bundle) == (plain == "x86_64\n" ? "i686\n" : output_of(bundle)));
    bundle.set("/linux/personality", {{"domain", "LINUX"}});
    CHECK(output_of(bundle) == plain);
    Container container(bundle);
    bundle.set("/linux/personality", {{"domain", "LINUX32"}});
    must(container.create());
    CHECK(read_file("/proc/" + std::to_string(container.pid()) + "/personality") == "00000008\n");
}

TEST_CASE("the memory policy is set with its nodes and flags") {
    need_root();
    if (access("/proc/self/numa_maps", R_OK) != 0) skip("needs a kernel with CONFIG_NUMA");
    const Unchanged host;
    Bundle bundle;
    bundle.script("sed -n '1s/^[0-9a-f]* \\(.*[^ ]\\) file=.*/\\1/p' /proc/self/numa_maps");
    const struct {
        json policy;
        const char* shown;
    } cases[] = {
        {{{"mode", "MPOL_BIND"}, {"nodes", "0"}}, "bind:0\n"},
        {{{"mode", "MPOL_INTERLEAVE"}, {"nodes", "0"}}, "interleave:0\n"},
        {{{"mode", "MPOL_PREFERRED"}, {"nodes", "0"}}, "prefer:0\n"},
        {{{"mode", "MPOL_LOCAL"}, {"nodes", ""}}, "local\n"},
        {{{"mode", "MPOL_DEFAULT"}, {"nodes", ""}}, "default\n"},
        {{{"mode", "MPOL_BIND"}, {"nodes", "0"}, {"flags", {"MPOL_F_STATIC_NODES"}}},
         "bind=static:0\n"},
        {{{"mode", "MPOL_BIND"}, {"nodes", "0"}, {"flags", {"MPOL_F_RELATIVE_NODES"}}},
         "bind=relative:0\n"},
    };
    for (const auto& one : cases) {
        INFO(one.policy.dump());
        bundle.set("/linux/memoryPolicy", one.policy);
        CHECK(output_of(bundle) == one.shown);
    }
    const struct {
        const char* mode;
        int major, minor;
        const char* shown;
    } newer[] = {
        {"MPOL_PREFERRED_MANY", 5, 15, "prefer (many):0\n"},
        {"MPOL_WEIGHTED_INTERLEAVE", 6, 9, "weighted interleave:0\n"},
    };
    for (const auto& one : newer) {
        INFO(one.mode);
        bundle.set("/linux/memoryPolicy", {{"mode", one.mode}, {"nodes", "0"}});
        if (kernel_is_at_least(one.major, one.minor))
            CHECK(output_of(bundle) == one.shown);
        else
            create_refused(bundle, "(this mode requires Linux " + std::to_string(one.major) + "." +
                                       std::to_string(one.minor) +
                                       ") (config.json: /linux/memoryPolicy)");
    }
}

TEST_CASE("memory nodes that are not there fail create") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/linux/memoryPolicy", {{"mode", "MPOL_BIND"}, {"nodes", "900"}});
    create_refused(bundle, "set the memory policy to MPOL_BIND on NUMA nodes 900: set_mempolicy: ");
}

TEST_CASE("a core scheduling cookie is taken where the kernel has them, and refused where not") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/annotations", {{"org.cruxruntime.core-scheduling", "own"}});
    constexpr int kSchedCore = 62;
    unsigned long cookie = 0;
    const bool there = syscall(SYS_prctl, kSchedCore, 0, 0, 0, &cookie) == 0 || errno == ENODEV;
    if (there) {
        Container container(bundle);
        must(container.create());
        REQUIRE(syscall(SYS_prctl, kSchedCore, 0, container.pid(), 0, &cookie) == 0);
        CHECK(cookie != 0);
    } else {
        create_refused(bundle, "core scheduling requires Linux 5.14 with CONFIG_SCHED_CORE");
    }
    bundle.set("/annotations", {{"org.cruxruntime.core-scheduling", "yes"}});
    create_refused(bundle,
                   "must be \"own\", not \"yes\" (config.json: "
                   "/annotations/org.cruxruntime.core-scheduling)");
}

TEST_CASE("a container gets its own cookie, and exec that of the first process") {
    need_root();
    const Unchanged host;
    Bundle bundle;
    bundle.set("/annotations", {{"org.cruxruntime.core-scheduling", "own"}});
    bundle.args({"/bin/sleep", "1000"});
    Container container(bundle);
    constexpr std::uint32_t kSchedCore = 62;  // PR_SCHED_CORE
    Outcome outcome;
    std::vector<Call> calls =
        answered(SYS_prctl, kSchedCore, [&] { outcome = container.create(); });
    must(outcome);
    // PR_SCHED_CORE_CREATE, for the calling process and all its threads.
    REQUIRE(calls.size() == 1);
    CHECK(calls[0].pid == container.pid());
    CHECK(calls[0].arguments == std::array<std::uint64_t, 5>{kSchedCore, 1, 0, 1, 0});

    must(container.start());
    calls = answered(SYS_prctl, kSchedCore,
                     [&] { outcome = container.crux({"exec", container.id(), "/bin/true"}); });
    must(outcome);
    // PR_SCHED_CORE_SHARE_FROM the container's pid 1, for the calling thread.
    REQUIRE(calls.size() == 1);
    CHECK(calls[0].arguments == std::array<std::uint64_t, 5>{kSchedCore, 3, 1, 0, 0});
}

}  // namespace
}  // namespace crux::test

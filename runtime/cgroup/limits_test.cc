#include "runtime/cgroup/limits.h"

#include "runtime/base/text.h"
#include "runtime/cgroup/controllers.h"
#include "tests/support/catch.h"

using namespace crux;
using namespace crux::cgroup;

namespace {

CgroupDir v1(std::string controller) {
    return {.mountpoint = "/sys/fs/cgroup/" + controller,
            .path = "/x",
            .controllers = {controller},
            .version = 1};
}

CgroupDir v2(std::vector<std::string> controllers) {
    return {.mountpoint = "/sys/fs/cgroup",
            .path = "/x",
            .controllers = std::move(controllers),
            .version = 2};
}

std::vector<CgroupDir> all_v1() {
    return {v1("cpuset"),  v1("devices"), v1("memory"),   v1("cpu"),  v1("pids"),   v1("blkio"),
            v1("hugetlb"), v1("net_cls"), v1("net_prio"), v1("rdma"), v1("freezer")};
}

std::vector<CgroupDir> all_v2() {
    return {v2({"cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma", "misc"})};
}

std::string flags_of(const Setting& setting) {
    std::string text;
    if (setting.on_failure == OnFailure::warn) text += " +warn";
    if (setting.when_absent == WhenAbsent::warn) text += " +absent-warn";
    if (setting.when_absent == WhenAbsent::skip) text += " +absent-skip";
    if (setting.when_absent == WhenAbsent::fallback) text += " +absent-next";
    if (setting.again) text += " +again";
    return text;
}

/// Limits as lines that fit in a table: "FILE=VALUE @POINTER +FLAGS", warnings after "!". The
/// pointer is without "/linux/resources".
std::vector<std::string> lines_of(const Limits& limits) {
    std::vector<std::string> lines;
    auto pointer = [](std::string_view origin) {
        constexpr std::string_view kTop = "/linux/resources";
        REQUIRE(origin.starts_with(kTop));
        return std::string(origin.substr(kTop.size()));
    };
    for (const Setting& setting : limits.settings)
        lines.push_back(cat(setting.file, "=", setting.value, " @", pointer(setting.origin),
                            flags_of(setting)));
    for (const Warning& warning : limits.warnings)
        lines.push_back(cat("! ", warning.text, " @", pointer(warning.origin)));
    return lines;
}

using Lines = std::vector<std::string>;

/// The lines without device rules, or "error: …" with its pointer.
Lines lines_for(const oci::Resources& resources, const std::vector<CgroupDir>& dirs) {
    auto limits = limits_for(resources, dirs, {.devices = Devices::keep});
    if (!limits) return {"error: " + limits.error().message()};
    return lines_of(*limits);
}

Lines error(std::string text, std::string pointer) {
    return {cat("error: ", text, " (config.json: /linux/resources", pointer, ")")};
}

struct Row {
    const char* what;
    oci::Resources resources;
    Lines on_v1;
    Lines on_v2;
};

void check(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        INFO(row.what);
        CHECK(lines_for(row.resources, all_v1()) == row.on_v1);
        CHECK(lines_for(row.resources, all_v2()) == row.on_v2);
    }
}

oci::Resources with(oci::MemoryResources memory) {
    oci::Resources resources;
    resources.memory = memory;
    return resources;
}

oci::Resources with(oci::CpuResources cpu) {
    oci::Resources resources;
    resources.cpu = std::move(cpu);
    return resources;
}

oci::Resources with(oci::BlockIoResources block_io) {
    oci::Resources resources;
    resources.block_io = std::move(block_io);
    return resources;
}

oci::Resources with_unified(oci::StringMap unified) {
    oci::Resources resources;
    resources.unified = std::move(unified);
    return resources;
}

/// What only cgroup v1 supports, requested on v2.
Lines only_v1(std::string pointer) {
    return error("not supported by cgroup v2", std::move(pointer));
}

}  // namespace

TEST_CASE("without resources nothing is written") {
    check({{"empty", {}, {}, {}}});
}

TEST_CASE("memory limits become the files of either version") {
    check({
        {"limit",
         with(oci::MemoryResources{.limit = 1048576}),
         {"memory.limit_in_bytes=1048576 @/memory/limit"},
         {"memory.max=1048576 @/memory/limit"}},
        {"limit and sum",
         with(oci::MemoryResources{.limit = 100, .swap = 300}),
         {"memory.limit_in_bytes=100 @/memory/limit +again",
          "memory.memsw.limit_in_bytes=300 @/memory/swap"},
         {"memory.swap.max=200 @/memory/swap", "memory.max=100 @/memory/limit"}},
        {"no swap at all",
         with(oci::MemoryResources{.limit = 100, .swap = 100}),
         {"memory.limit_in_bytes=100 @/memory/limit +again",
          "memory.memsw.limit_in_bytes=100 @/memory/swap"},
         {"memory.swap.max=0 @/memory/swap +absent-skip", "memory.max=100 @/memory/limit"}},
        {"unlimited takes the sum with it",
         with(oci::MemoryResources{.limit = -1}),
         {"memory.limit_in_bytes=-1 @/memory/limit +again",
          "memory.memsw.limit_in_bytes=-1 @/memory/limit +absent-skip"},
         {"memory.swap.max=max @/memory/limit +absent-skip", "memory.max=max @/memory/limit"}},
        {"unlimited memory, limited sum",
         with(oci::MemoryResources{.limit = -1, .swap = 500}),
         {"memory.limit_in_bytes=-1 @/memory/limit +again",
          "memory.memsw.limit_in_bytes=500 @/memory/swap"},
         {"memory.swap.max=500 @/memory/swap", "memory.max=max @/memory/limit"}},
        {"unlimited swap",
         with(oci::MemoryResources{.limit = 100, .swap = -1}),
         {"memory.limit_in_bytes=100 @/memory/limit +again",
          "memory.memsw.limit_in_bytes=-1 @/memory/swap"},
         {"memory.swap.max=max @/memory/swap +absent-skip", "memory.max=100 @/memory/limit"}},
        {"reservation",
         with(oci::MemoryResources{.reservation = 4096}),
         {"memory.soft_limit_in_bytes=4096 @/memory/reservation"},
         {"memory.low=4096 @/memory/reservation"}},
        {"reservation without limit",
         with(oci::MemoryResources{.reservation = -1}),
         {"memory.soft_limit_in_bytes=-1 @/memory/reservation"},
         {"memory.low=max @/memory/reservation"}},
        {"zero is not set",
         with(oci::MemoryResources{.limit = 0, .reservation = 0, .swap = 0}),
         {},
         {}},
        {"swappiness",
         with(oci::MemoryResources{.swappiness = 30}),
         {"memory.swappiness=30 @/memory/swappiness"},
         {"! ignored: not supported by cgroup v2 @/memory/swappiness"}},
        {"the OOM killer switched off",
         with(oci::MemoryResources{.disable_oom_killer = true}),
         {"memory.oom_control=1 @/memory/disableOOMKiller"},
         {"! ignored: not supported by cgroup v2 @/memory/disableOOMKiller"}},
        {"the OOM killer left on", with(oci::MemoryResources{.disable_oom_killer = false}), {}, {}},
        {"swappiness of -1", with(oci::MemoryResources{.swappiness = ~std::uint64_t{0}}), {}, {}},
        {"hierarchy",
         with(oci::MemoryResources{.use_hierarchy = true}),
         {"memory.use_hierarchy=1 @/memory/useHierarchy +warn +absent-warn"},
         {}},
        {"no hierarchy",
         with(oci::MemoryResources{.use_hierarchy = false}),
         {"memory.use_hierarchy=0 @/memory/useHierarchy +warn +absent-warn"},
         error("cgroup v2 is always hierarchical", "/memory/useHierarchy")},
        {"kernel memory",
         with(oci::MemoryResources{.kernel = 5, .kernel_tcp = 6}),
         {"! kernel memory limits are ignored @/memory/kernel",
          "! kernel memory limits are ignored @/memory/kernelTCP"},
         {"! kernel memory limits are ignored @/memory/kernel",
          "! kernel memory limits are ignored @/memory/kernelTCP"}},
    });
}

TEST_CASE("what callers set by habit is an error only with strict limits") {
    const auto strictly = [](const oci::Resources& resources) {
        return limits_for(resources, all_v2(), {.devices = Devices::keep, .strict = true});
    };
    const auto refused = [&](const oci::MemoryResources& memory, std::string pointer) {
        const auto limits = strictly(with(memory));
        REQUIRE_FALSE(limits);
        CHECK(Lines{"error: " + limits.error().message()} == only_v1(std::move(pointer)));
    };
    refused({.swappiness = 30}, "/memory/swappiness");
    refused({.disable_oom_killer = true}, "/memory/disableOOMKiller");
    const auto weighed = strictly(with(oci::BlockIoResources{.weight = 500}));
    REQUIRE(weighed);
    CHECK(weighed->settings.back().when_absent == WhenAbsent::fail);
}

TEST_CASE("invalid memory values are refused with their pointer") {
    Lines below = error("invalid memory value: -2", "/memory/limit");
    Lines less = error("memory+swap limit should be >= memory limit", "/memory/swap");
    Lines swappy =
        error("invalid memory swappiness value: 101 (valid range is 0-100)", "/memory/swappiness");
    check({
        {"below -1", with(oci::MemoryResources{.limit = -2}), below, below},
        {"sum below limit", with(oci::MemoryResources{.limit = 200, .swap = 100}), less, less},
        {"swappiness", with(oci::MemoryResources{.swappiness = 101}), swappy, swappy},
        {"swap alone",
         with(oci::MemoryResources{.swap = 100}),
         {"memory.memsw.limit_in_bytes=100 @/memory/swap"},
         error("unable to set swap limit without memory limit", "/memory/swap")},
    });
}

TEST_CASE("checkBeforeUpdate is only needed where the kernel would kill") {
    oci::Resources resources =
        with(oci::MemoryResources{.limit = 100, .swap = 300, .check_before_update = true});
    auto old = limits_for(resources, all_v1(), {.devices = Devices::keep});
    REQUIRE(old);
    CHECK(!old->memory_check);
    auto unified = limits_for(resources, all_v2(), {.devices = Devices::keep});
    REQUIRE(unified);
    REQUIRE(unified->memory_check);
    CHECK(unified->memory_check->limit == 100);
    CHECK(unified->memory_check->memory_and_swap == 300);
}

TEST_CASE("CPU time becomes the files of either version") {
    check({
        {"shares",
         with(oci::CpuResources{.shares = 1024}),
         {"cpu.shares=1024 @/cpu/shares"},
         {"cpu.weight=100 @/cpu/shares"}},
        {"quota",
         with(oci::CpuResources{.quota = 50000}),
         {"cpu.cfs_quota_us=50000 @/cpu/quota"},
         {"cpu.max=50000 @/cpu/quota"}},
        {"no quota",
         with(oci::CpuResources{.quota = -1}),
         {"cpu.cfs_quota_us=-1 @/cpu/quota"},
         {"cpu.max=max @/cpu/quota"}},
        {"period",
         with(oci::CpuResources{.period = 20000}),
         {"cpu.cfs_period_us=20000 @/cpu/period"},
         {"cpu.max=max 20000 @/cpu/period"}},
        {"all of them",
         with(oci::CpuResources{.quota = 5000, .burst = 100, .period = 20000}),
         {"cpu.cfs_period_us=20000 @/cpu/period +again",
          "cpu.cfs_burst_us=100 @/cpu/burst +absent-warn +again",
          "cpu.cfs_quota_us=5000 @/cpu/quota"},
         {"cpu.max.burst=100 @/cpu/burst +absent-warn +again", "cpu.max=5000 20000 @/cpu/quota"}},
        {"burst of nothing",
         with(oci::CpuResources{.burst = 0}),
         {"cpu.cfs_burst_us=0 @/cpu/burst +absent-warn"},
         {"cpu.max.burst=0 @/cpu/burst +absent-warn"}},
        {"becomes idle",
         with(oci::CpuResources{.shares = 512, .idle = 1}),
         {"cpu.idle=1 @/cpu/idle",
          "! unable to apply both cpu.shares and cpu.idle: an idle cgroup has no weight, ignoring "
          "cpu.shares @/cpu/shares"},
         {"cpu.idle=1 @/cpu/idle",
          "! unable to apply both cpu.weight and cpu.idle: an idle cgroup has no weight, ignoring "
          "cpu.weight @/cpu/shares"}},
        {"ceases to be idle",
         with(oci::CpuResources{.shares = 512, .idle = 0}),
         {"cpu.idle=0 @/cpu/idle", "cpu.shares=512 @/cpu/shares"},
         {"cpu.idle=0 @/cpu/idle", "cpu.weight=59 @/cpu/shares"}},
        {"real time",
         with(oci::CpuResources{.realtime_runtime = 1000, .realtime_period = 2000}),
         {"cpu.rt_period_us=2000 @/cpu/realtimePeriod +again",
          "cpu.rt_runtime_us=1000 @/cpu/realtimeRuntime"},
         only_v1("/cpu/realtimePeriod")},
        {"real time without a period",
         with(oci::CpuResources{.realtime_runtime = 1000}),
         {"cpu.rt_runtime_us=1000 @/cpu/realtimeRuntime"},
         only_v1("/cpu/realtimeRuntime")},
        {"zero is not set",
         with(oci::CpuResources{
             .shares = 0, .quota = 0, .period = 0, .realtime_runtime = 0, .realtime_period = 0}),
         {},
         {}},
        {"sets",
         with(oci::CpuResources{.cpus = "0-1", .mems = "0"}),
         {"cpuset.cpus=0-1 @/cpu/cpus", "cpuset.mems=0 @/cpu/mems"},
         {"cpuset.cpus=0-1 @/cpu/cpus", "cpuset.mems=0 @/cpu/mems"}},
    });
}

TEST_CASE("CPU values that the kernel would change or refuse are refused with their pointer") {
    Lines burst = error("burst 200 exceeds the quota 100", "/cpu/burst");
    Lines idle = error("idle must be 0 or 1", "/cpu/idle");
    check({
        {"burst", with(oci::CpuResources{.quota = 100, .burst = 200}), burst, burst},
        {"idle", with(oci::CpuResources{.idle = 2}), idle, idle},
        {"many shares",
         with(oci::CpuResources{.shares = 262145}),
         error("the maximum allowed cpu-shares is 262144", "/cpu/shares"),
         {"cpu.weight=10000 @/cpu/shares"}},
        {"few shares",
         with(oci::CpuResources{.shares = 1}),
         error("the minimum allowed cpu-shares is 2", "/cpu/shares"),
         {"cpu.weight=1 @/cpu/shares"}},
    });
}

TEST_CASE("shares become weights along the curve through least, default and most") {
    CHECK(weight_of_shares(2) == 1);
    CHECK(weight_of_shares(10) == 4);
    CHECK(weight_of_shares(100) == 17);
    CHECK(weight_of_shares(256) == 35);
    CHECK(weight_of_shares(512) == 59);
    CHECK(weight_of_shares(1024) == 100);
    CHECK(weight_of_shares(2048) == 174);
    CHECK(weight_of_shares(262143) == 10000);
    CHECK(weight_of_shares(262144) == 10000);
    for (std::uint64_t shares = 2; shares < 262144; shares += 97)
        REQUIRE(weight_of_shares(shares) <= weight_of_shares(shares + 97));
}

TEST_CASE("blkio weights become io weights in a straight line") {
    CHECK(io_weight_of(1) == 1);
    CHECK(io_weight_of(10) == 1);
    CHECK(io_weight_of(500) == 4950);
    CHECK(io_weight_of(750) == 7475);
    CHECK(io_weight_of(1000) == 10000);
}

TEST_CASE("a limit of 0 processes becomes 1") {
    auto with_limit = [](std::int64_t limit) {
        oci::Resources resources;
        resources.pids.limit = limit;
        return resources;
    };
    for (auto [limit, value] : {std::pair{32771, "32771"}, {1, "1"}, {0, "1"}, {-1, "max"}}) {
        Lines lines = {cat("pids.max=", value, " @/pids/limit")};
        check({{value, with_limit(limit), lines, lines}});
    }
}

TEST_CASE("block I/O becomes the files of either version") {
    check({
        {"weight",
         with(oci::BlockIoResources{.weight = 500}),
         {"blkio.weight=500 @/blockIO/weight +absent-next",
          "blkio.bfq.weight=500 @/blockIO/weight +absent-warn"},
         {"io.bfq.weight=500 @/blockIO/weight +absent-next",
          "io.weight=4950 @/blockIO/weight +absent-warn"}},
        {"leaf weight",
         with(oci::BlockIoResources{.leaf_weight = 20}),
         {"blkio.leaf_weight=20 @/blockIO/leafWeight"},
         only_v1("/blockIO/leafWeight")},
        {"leaf weight of a device",
         with(oci::BlockIoResources{
             .weight_device = {{.major = 8, .minor = 0, .leaf_weight = 300}}}),
         {"blkio.leaf_weight_device=8:0 300 @/blockIO/weightDevice/0/leafWeight"},
         only_v1("/blockIO/weightDevice/0/leafWeight")},
        {"weights of devices",
         with(oci::BlockIoResources{.weight_device = {{.major = 8, .minor = 0, .weight = 500},
                                                      {.major = 8, .minor = 16, .weight = 10}}}),
         {"blkio.weight_device=8:0 500 @/blockIO/weightDevice/0/weight +absent-next",
          "blkio.bfq.weight_device=8:0 500 @/blockIO/weightDevice/0/weight +absent-warn",
          "blkio.weight_device=8:16 10 @/blockIO/weightDevice/1/weight +absent-next",
          "blkio.bfq.weight_device=8:16 10 @/blockIO/weightDevice/1/weight +absent-warn"},
         {"io.bfq.weight=8:0 500 @/blockIO/weightDevice/0/weight +absent-next",
          "io.weight=8:0 4950 @/blockIO/weightDevice/0/weight +absent-warn",
          "io.bfq.weight=8:16 10 @/blockIO/weightDevice/1/weight +absent-next",
          "io.weight=8:16 1 @/blockIO/weightDevice/1/weight +absent-warn"}},
        {"rates",
         with(oci::BlockIoResources{.throttle_read_bps_device = {{8, 0, 600}, {8, 16, 0}},
                                    .throttle_write_bps_device = {{8, 1, 601}},
                                    .throttle_read_iops_device = {{8, 2, 602}},
                                    .throttle_write_iops_device = {{8, 3, 603}}}),
         {"blkio.throttle.read_bps_device=8:0 600 @/blockIO/throttleReadBpsDevice/0",
          "blkio.throttle.read_bps_device=8:16 0 @/blockIO/throttleReadBpsDevice/1",
          "blkio.throttle.write_bps_device=8:1 601 @/blockIO/throttleWriteBpsDevice/0",
          "blkio.throttle.read_iops_device=8:2 602 @/blockIO/throttleReadIOPSDevice/0",
          "blkio.throttle.write_iops_device=8:3 603 @/blockIO/throttleWriteIOPSDevice/0"},
         {"io.max=8:0 rbps=600 @/blockIO/throttleReadBpsDevice/0",
          "io.max=8:16 rbps=max @/blockIO/throttleReadBpsDevice/1",
          "io.max=8:1 wbps=601 @/blockIO/throttleWriteBpsDevice/0",
          "io.max=8:2 riops=602 @/blockIO/throttleReadIOPSDevice/0",
          "io.max=8:3 wiops=603 @/blockIO/throttleWriteIOPSDevice/0"}},
    });
}

TEST_CASE("huge pages are limited at faults, and at reservation where the kernel can") {
    oci::Resources resources;
    resources.hugepage_limits = {{.page_size = "2MB", .limit = 4194304}};
    check({{"2MB",
            resources,
            {"hugetlb.2MB.limit_in_bytes=4194304 @/hugepageLimits/0",
             "hugetlb.2MB.rsvd.limit_in_bytes=4194304 @/hugepageLimits/0 +absent-skip"},
            {"hugetlb.2MB.max=4194304 @/hugepageLimits/0",
             "hugetlb.2MB.rsvd.max=4194304 @/hugepageLimits/0 +absent-skip"}}});
    for (const char* size : {"", "MB", "2", "2mb", "0MB", "-2MB", "2TB", "../2MB", "2 MB"}) {
        resources.hugepage_limits[0].page_size = size;
        Lines refused =
            error(cat("invalid page size ", quoted(size)), "/hugepageLimits/0/pageSize");
        check({{size, resources, refused, refused}});
    }
}

TEST_CASE("RDMA limits are one line a device") {
    oci::Resources resources;
    resources.rdma = {{.device = "mlx5_1", .hca_handles = 3, .hca_objects = 10000},
                      {.device = "a/b", .hca_objects = 7}};
    Lines lines = {"rdma.max=mlx5_1 hca_handle=3 hca_object=10000 @/rdma/mlx5_1",
                   "rdma.max=a/b hca_object=7 @/rdma/a~1b"};
    check({{"two", resources, lines, lines}});
    resources.rdma = {{.device = "x y", .hca_handles = 1}};
    Lines name = error("invalid RDMA device name \"x y\"", "/rdma/x y");
    check({{"name", resources, name, name}});
    resources.rdma = {{.device = "x"}};
    Lines neither = error("requires hcaHandles or hcaObjects", "/rdma/x");
    check({{"neither", resources, neither, neither}});
}

TEST_CASE("network classes and priorities exist only on v1") {
    oci::Resources resources;
    resources.network = {.class_id = 1048577, .priorities = {{"eth0", 500}, {"eth1", 1000}}};
    check({{"both",
            resources,
            {"net_cls.classid=1048577 @/network/classID",
             "net_prio.ifpriomap=eth0 500 @/network/priorities/0",
             "net_prio.ifpriomap=eth1 1000 @/network/priorities/1"},
            only_v1("/network")}});
    resources.network = {.class_id = 0, .priorities = {}};
    check({{"no class", resources, {}, {}}});
    resources.network = {.class_id = {}, .priorities = {{"eth0 5\neth1", 1}}};
    CHECK(lines_for(resources, all_v1()) ==
          error("invalid interface name \"eth0 5\\neth1\"", "/network/priorities/0/name"));
}

TEST_CASE("an idle cgroup gets no weight, in any order of the settings") {
    CHECK(lines_for(with_unified({{"cpu.idle", "1"}, {"cpu.weight", "8"}}), all_v2()) ==
          Lines{"cpu.idle=1 @/unified/cpu.idle",
                "! unable to apply both cpu.weight and cpu.idle: an idle cgroup has no weight, "
                "ignoring cpu.weight @/unified/cpu.weight"});
    CHECK(lines_for(with_unified({{"cpu.idle", "0"}, {"cpu.weight", "8"}}), all_v2()) ==
          Lines{"cpu.idle=0 @/unified/cpu.idle", "cpu.weight=8 @/unified/cpu.weight"});
    oci::Resources both = with_unified({{"cpu.idle", "0"}, {"cpu.weight", "8"}});
    both.cpu.shares = 512;
    CHECK(lines_for(both, all_v2()) == Lines{"cpu.idle=0 @/unified/cpu.idle",
                                             "cpu.weight=59 @/cpu/shares",
                                             "cpu.weight=8 @/unified/cpu.weight"});
    both.cpu.idle = 1;
    CHECK(lines_for(both, all_v2()).front() == "cpu.idle=0 @/unified/cpu.idle");
}

TEST_CASE("unified keys are written line by line to the unified hierarchy") {
    CHECK(lines_for(with_unified({{"io.max", "8:0 rbps=1\n8:16 wiops=2\n"},
                                  {"memory.high", "1000"},
                                  {"cgroup.max.depth", "3"},
                                  {"misc.max", "x 1"}}),
                    all_v2()) == Lines{"io.max=8:0 rbps=1 @/unified/io.max",
                                       "io.max=8:16 wiops=2 @/unified/io.max",
                                       "memory.high=1000 @/unified/memory.high",
                                       "cgroup.max.depth=3 @/unified/cgroup.max.depth",
                                       "misc.max=x 1 @/unified/misc.max"});
}

TEST_CASE("unified keys are parameters of an available controller") {
    auto refusal = [](const char* key) { return lines_for(with_unified({{key, "1"}}), all_v2()); };
    CHECK(refusal("../memory.max") ==
          error("unified resource \"../memory.max\" must be a file name (no slashes)",
                "/unified/..~1memory.max"));
    for (const char* key : {"memory", ".max", "memory.", "", "memory max.x", "..", "memory.\n"}) {
        INFO(key);
        CHECK(refusal(key) == error(cat("unified resource ", quoted(key),
                                        " must be in the form CONTROLLER.PARAMETER"),
                                    cat("/unified/", key)));
    }
    for (const char* key : {"cgroup.procs", "cgroup.threads", "cgroup.kill", "cgroup.freeze"})
        CHECK(refusal(key) == error(cat("unified resource ", quoted(key),
                                        " is not supported: it acts on processes"),
                                    cat("/unified/", key)));
    CHECK(refusal("foo.max") ==
          error("unified resource \"foo.max\" can't be set: controller \"foo\" not available",
                "/unified/foo.max"));
    CHECK(
        lines_for(with_unified({{"memory.min", "1"}}), all_v1()) ==
        error("invalid configuration: cannot use unified on cgroup v1 (the unified hierarchy does "
              "not have controller \"memory\")",
              "/unified/memory.min"));
}

TEST_CASE("a missing controller is an error, and its version decides about its files") {
    std::vector<CgroupDir> hybrid = {v1("memory"), v1("devices"), v2({"hugetlb"})};
    oci::Resources resources;
    resources.pids.limit = 5;
    CHECK(lines_for(resources, hybrid) ==
          error("cannot set pids limit: no cgroup hierarchy of this host has the controller",
                "/pids/limit"));
    CHECK(lines_for(with(oci::BlockIoResources{.weight = 10}), {v2({"memory"})}) ==
          error("cannot set io limit: no cgroup hierarchy of this host has the controller",
                "/blockIO"));
    resources = with(oci::MemoryResources{.limit = 100});
    resources.hugepage_limits = {{.page_size = "2MB", .limit = 1}};
    resources.unified = {{"hugetlb.2MB.max", "2"}};
    auto limits = limits_for(resources, hybrid, {.devices = Devices::keep});
    REQUIRE(limits);
    CHECK(lines_of(*limits) == Lines{"memory.limit_in_bytes=100 @/memory/limit",
                                     "hugetlb.2MB.max=1 @/hugepageLimits/0",
                                     "hugetlb.2MB.rsvd.max=1 @/hugepageLimits/0 +absent-skip",
                                     "hugetlb.2MB.max=2 @/unified/hugetlb.2MB.max"});
    CHECK(limits->settings[0].dir == 0);
    CHECK(limits->settings[1].dir == 2);
    CHECK(limits->settings[3].dir == 2);
}

TEST_CASE("limits of an update have the pointers of their own document") {
    oci::Resources resources = with(oci::MemoryResources{.limit = 100});
    auto limits = limits_for(resources, all_v2(), {.devices = Devices::keep, .pointer = ""});
    REQUIRE(limits);
    REQUIRE(limits->settings.size() == 1);
    CHECK(limits->settings[0].origin == "/memory/limit");
}

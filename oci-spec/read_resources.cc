#include <limits>

#include "oci-spec/parsers.h"
#include "runtime/base/text.h"

namespace crux::oci {

namespace {

/// Programs in Go write -1 for a number that they do not set, also into a type without a sign.
std::optional<std::uint64_t> settable_number(const Reader& r) {
    constexpr auto kUnset = std::numeric_limits<std::uint64_t>::max();
    const auto value = r.optional_number<std::uint64_t>();
    if (value != kUnset) return value;
    r.warn_quietly(cat(kUnset, " is read as not set"));
    return std::nullopt;
}

MemoryResources read_memory(const Reader& r) {
    return {
        .limit = r["limit"].optional_number<std::int64_t>(),
        .reservation = r["reservation"].optional_number<std::int64_t>(),
        .swap = r["swap"].optional_number<std::int64_t>(),
        .kernel = r["kernel"].optional_number<std::int64_t>(),
        .kernel_tcp = r["kernelTCP"].optional_number<std::int64_t>(),
        .swappiness = settable_number(r["swappiness"]),
        .disable_oom_killer = r["disableOOMKiller"].optional_boolean(),
        .use_hierarchy = r["useHierarchy"].optional_boolean(),
        .check_before_update = r["checkBeforeUpdate"].boolean(),
    };
}

CpuResources read_cpu(const Reader& r) {
    return {
        .shares = settable_number(r["shares"]),
        .quota = r["quota"].optional_number<std::int64_t>(),
        .burst = settable_number(r["burst"]),
        .period = settable_number(r["period"]),
        .realtime_runtime = r["realtimeRuntime"].optional_number<std::int64_t>(),
        .realtime_period = settable_number(r["realtimePeriod"]),
        .cpus = r["cpus"].string(),
        .mems = r["mems"].string(),
        .idle = r["idle"].optional_number<std::int64_t>(),
    };
}

WeightDevice read_weight_device(const Reader& r) {
    return {
        .major = r["major"].required_number<std::uint32_t>(),
        .minor = r["minor"].required_number<std::uint32_t>(),
        .weight = r["weight"].optional_number<std::uint16_t>(),
        .leaf_weight = r["leafWeight"].optional_number<std::uint16_t>(),
    };
}

ThrottleDevice read_throttle_device(const Reader& r) {
    return {
        .major = r["major"].required_number<std::uint32_t>(),
        .minor = r["minor"].required_number<std::uint32_t>(),
        .rate = r["rate"].required_number<std::uint64_t>(),
    };
}

BlockIoResources read_block_io(const Reader& r) {
    return {
        .weight = r["weight"].optional_number<std::uint16_t>(),
        .leaf_weight = r["leafWeight"].optional_number<std::uint16_t>(),
        .weight_device = r["weightDevice"].objects(read_weight_device),
        .throttle_read_bps_device = r["throttleReadBpsDevice"].objects(read_throttle_device),
        .throttle_write_bps_device = r["throttleWriteBpsDevice"].objects(read_throttle_device),
        .throttle_read_iops_device = r["throttleReadIOPSDevice"].objects(read_throttle_device),
        .throttle_write_iops_device = r["throttleWriteIOPSDevice"].objects(read_throttle_device),
    };
}

HugepageLimit read_hugepage_limit(const Reader& r) {
    return {
        .page_size = r["pageSize"].required_string(),
        .limit = r["limit"].required_number<std::uint64_t>(),
    };
}

InterfacePriority read_interface_priority(const Reader& r) {
    return {
        .name = r["name"].required_string(),
        .priority = r["priority"].required_number<std::uint32_t>(),
    };
}

NetworkResources read_network(const Reader& r) {
    return {
        .class_id = r["classID"].optional_number<std::uint32_t>(),
        .priorities = r["priorities"].objects(read_interface_priority),
    };
}

PidsResources read_pids(const Reader& r) {
    return {.limit = r["limit"].optional_number<std::int64_t>()};
}

RdmaLimit read_rdma_limit(std::string_view device, const Reader& r) {
    return {
        .device = std::string(device),
        .hca_handles = r["hcaHandles"].optional_number<std::uint32_t>(),
        .hca_objects = r["hcaObjects"].optional_number<std::uint32_t>(),
    };
}

}  // namespace

Resources read_resources(const Reader& r) {
    return {
        .devices = r["devices"].objects(read_device_rule),
        .memory = r["memory"].object(read_memory),
        .cpu = r["cpu"].object(read_cpu),
        .block_io = r["blockIO"].object(read_block_io),
        .hugepage_limits = r["hugepageLimits"].objects(read_hugepage_limit),
        .network = r["network"].object(read_network),
        .pids = r["pids"].object(read_pids),
        .rdma = r["rdma"].entries(read_rdma_limit),
        .unified = r["unified"].string_map(),
    };
}

}  // namespace crux::oci

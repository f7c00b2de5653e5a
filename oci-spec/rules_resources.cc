#include <set>

#include "oci-spec/rule_list.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"

namespace crux::oci {

namespace {

// The specification defines -1; lower values have no meaning.
void check_limit(const std::optional<std::int64_t>& value, std::string_view at, Diagnostics& out) {
    if (value && *value < -1)
        out.error(std::string(at),
                  cat("must be -1 (unlimited) or a number of bytes, not ", *value));
}

// Programs write 0 for a value that they do not set.
void check_weight(const std::optional<std::uint16_t>& weight, const std::string& at,
                  Diagnostics& out) {
    if (weight && *weight != 0 && (*weight < 10 || *weight > 1000))
        out.error(at, cat("must be from 10 to 1000, not ", *weight));
}

void check_throttle(const std::vector<ThrottleDevice>& devices, std::string_view property,
                    Diagnostics& out) {
    for (std::size_t index = 0; index < devices.size(); ++index)
        check_device_numbers(devices[index].major, devices[index].minor,
                             cat("/blockIO/", property, '/', index), out);
}

void check_list(const std::string& text, const std::string& at, Diagnostics& out) {
    if (!parse_ranges(text) || text.ends_with('\n'))
        out.error(at, cat("expected a list such as \"0-3,7\", not ", quoted(text)));
}

// One word of a line that the kernel splits at whitespace.
bool is_word(std::string_view text) {
    return !text.empty() && text.find_first_of(" \t\r\n") == std::string_view::npos;
}

// "2MB" as in hugetlb's file names; without leading zeros (config-linux.md, Huge page limits).
bool is_page_size(std::string_view text) {
    if (text.size() < 3 || !text.ends_with('B')) return false;
    const char prefix = text[text.size() - 2];
    const auto number = to_number<std::uint64_t>(text.substr(0, text.size() - 2));
    return (prefix == 'K' || prefix == 'M' || prefix == 'G') && number && text[0] != '0';
}

}  // namespace

void check_device_rules(const Resources& resources, Diagnostics& out) {
    for (std::size_t index = 0; index < resources.devices.size(); ++index) {
        const DeviceRule& rule = resources.devices[index];
        check_device_numbers(rule.major.value_or(0), rule.minor.value_or(0),
                             cat("/devices/", index), out);
        if (rule.type == DeviceType::all && (rule.major || rule.minor))
            out.warn(cat("/devices/", index),
                     "major and minor are ignored: a rule for all types applies to all devices");
    }
}

void check_memory(const Resources& resources, Diagnostics& out) {
    const MemoryResources& memory = resources.memory;
    check_limit(memory.limit, "/memory/limit", out);
    check_limit(memory.reservation, "/memory/reservation", out);
    check_limit(memory.swap, "/memory/swap", out);
    if (memory.limit && memory.swap && *memory.swap > 0 && *memory.swap < *memory.limit)
        out.error("/memory/swap", cat("includes memory and must not be less than limit (",
                                      *memory.limit, "), but is ", *memory.swap));
    if (memory.limit == -1 && memory.swap && *memory.swap > 0)
        out.error("/memory/swap", "must not be limited if memory is unlimited");
    if (memory.kernel)
        note_or_warn(*memory.kernel <= 0, "/memory/kernel",
                     "is not recommended, and ignored by newer kernels", out);
    if (memory.kernel_tcp)
        note_or_warn(*memory.kernel_tcp <= 0, "/memory/kernelTCP",
                     "is not recommended, and ignored with cgroup v2", out);
    if (memory.swappiness && *memory.swappiness > 100)
        out.error("/memory/swappiness", cat("must be from 0 to 100, not ", *memory.swappiness));
}

void check_cpu(const Resources& resources, Diagnostics& out) {
    // The kernel's limits of CFS bandwidth, in microseconds; 0 means that the value is not set.
    constexpr std::uint64_t kLeast = 1000;
    constexpr std::uint64_t kMost = 1'000'000;
    const CpuResources& cpu = resources.cpu;
    const std::int64_t quota = cpu.quota.value_or(0);
    if (quota > 0 && static_cast<std::uint64_t>(quota) < kLeast)
        out.error("/cpu/quota", cat("must be at least ", kLeast, " us, not ", quota));
    if (quota > 0 && cpu.burst && *cpu.burst > static_cast<std::uint64_t>(quota))
        out.error("/cpu/burst", cat("must not exceed quota (", quota, "), but is ", *cpu.burst));
    if (const std::uint64_t period = cpu.period.value_or(0);
        period != 0 && (period < kLeast || period > kMost))
        out.error("/cpu/period", cat("must be from ", kLeast, " to ", kMost, " us, not ", period));
    if (cpu.realtime_runtime && cpu.realtime_period && *cpu.realtime_period != 0 &&
        *cpu.realtime_runtime > 0 &&
        static_cast<std::uint64_t>(*cpu.realtime_runtime) > *cpu.realtime_period)
        out.error("/cpu/realtimeRuntime",
                  cat("must not exceed realtimePeriod (", *cpu.realtime_period, "), but is ",
                      *cpu.realtime_runtime));
    check_list(cpu.cpus, "/cpu/cpus", out);
    check_list(cpu.mems, "/cpu/mems", out);
    if (cpu.idle && *cpu.idle != 0 && *cpu.idle != 1)
        out.error("/cpu/idle", cat("must be 0 or 1, not ", *cpu.idle));
}

void check_block_io(const Resources& resources, Diagnostics& out) {
    const BlockIoResources& block = resources.block_io;
    check_weight(block.weight, "/blockIO/weight", out);
    check_weight(block.leaf_weight, "/blockIO/leafWeight", out);
    for (std::size_t index = 0; index < block.weight_device.size(); ++index) {
        const WeightDevice& device = block.weight_device[index];
        const std::string at = cat("/blockIO/weightDevice/", index);
        if (!device.weight && !device.leaf_weight) out.error(at, "requires weight or leafWeight");
        check_weight(device.weight, cat(at, "/weight"), out);
        check_weight(device.leaf_weight, cat(at, "/leafWeight"), out);
        check_device_numbers(device.major, device.minor, at, out);
    }
    check_throttle(block.throttle_read_bps_device, "throttleReadBpsDevice", out);
    check_throttle(block.throttle_write_bps_device, "throttleWriteBpsDevice", out);
    check_throttle(block.throttle_read_iops_device, "throttleReadIOPSDevice", out);
    check_throttle(block.throttle_write_iops_device, "throttleWriteIOPSDevice", out);
}

void check_hugepages(const Resources& resources, Diagnostics& out) {
    const auto& limits = resources.hugepage_limits;
    std::set<std::string_view> seen;
    for (std::size_t index = 0; index < limits.size(); ++index) {
        const std::string& size = limits[index].page_size;
        const std::string at = cat("/hugepageLimits/", index, "/pageSize");
        if (!is_page_size(size))
            out.error(at,
                      cat(R"(expected a size such as "64KB", "2MB" or "1GB", not )", quoted(size)));
        else if (seen.contains(size))
            out.error(at, cat(quoted(size), " is given more than once"));
        seen.insert(size);
    }
}

void check_network_priorities(const Resources& resources, Diagnostics& out) {
    for (std::size_t index = 0; index < resources.network.priorities.size(); ++index) {
        const std::string& name = resources.network.priorities[index].name;
        if (!is_word(name) || name.find('/') != std::string::npos)
            out.error(cat("/network/priorities/", index, "/name"),
                      cat("expected the name of a network interface, not ", quoted(name)));
    }
}

void check_rdma(const Resources& resources, Diagnostics& out) {
    for (const RdmaLimit& limit : resources.rdma) {
        const std::string at = cat("/rdma", pointer_token(limit.device));
        if (!is_word(limit.device))
            out.error(at, cat("expected the name of a device, not ", quoted(limit.device)));
        if (!limit.hca_handles && !limit.hca_objects)
            out.error(at, "requires hcaHandles or hcaObjects");
    }
}

// A key is the name of a file in the cgroup's directory.
void check_unified(const Resources& resources, Diagnostics& out) {
    for (const auto& [key, value] : resources.unified) {
        if (!is_word(key) || key.find('/') != std::string::npos || key == "." ||
            key.find("..") != std::string::npos)
            out.error(cat("/unified", pointer_token(key)),
                      cat("unified resource ", quoted(key), " must be a file name (no slashes)"));
    }
}

}  // namespace crux::oci

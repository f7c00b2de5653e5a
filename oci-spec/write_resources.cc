#include "oci-spec/json_writer.h"
#include "oci-spec/runc/update.h"
#include "oci-spec/vocabulary.h"

namespace crux::oci {

namespace {

void optional(JsonWriter& writer, std::string_view name, const auto& value) {
    if (value) writer.member(name, *value);
}

void text(JsonWriter& writer, std::string_view name, const std::string& value) {
    if (!value.empty()) writer.member(name, value);
}

/// A list of objects, omitted if empty.
void objects(JsonWriter& writer, std::string_view name, const auto& list, auto write_members) {
    if (list.empty()) return;
    writer.key(name);
    writer.begin_array();
    for (const auto& entry : list) {
        writer.begin_object();
        write_members(entry);
        writer.end_object();
    }
    writer.end_array();
}

void write_devices(JsonWriter& writer, const std::vector<DeviceRule>& rules) {
    objects(writer, "devices", rules, [&](const DeviceRule& rule) {
        writer.member("allow", rule.allow);
        writer.member("type", name_of(kDeviceRuleTypes, rule.type));
        optional(writer, "major", rule.major);
        optional(writer, "minor", rule.minor);
        std::string access;
        for (const auto& word : kDeviceAccesses)
            if ((rule.access & word.value) != 0) access += word.name;
        writer.member("access", access);
    });
}

void write_memory(JsonWriter& writer, const MemoryResources& memory) {
    if (memory == MemoryResources{}) return;
    writer.key("memory");
    writer.begin_object();
    optional(writer, "limit", memory.limit);
    optional(writer, "reservation", memory.reservation);
    optional(writer, "swap", memory.swap);
    optional(writer, "kernel", memory.kernel);
    optional(writer, "kernelTCP", memory.kernel_tcp);
    optional(writer, "swappiness", memory.swappiness);
    optional(writer, "disableOOMKiller", memory.disable_oom_killer);
    optional(writer, "useHierarchy", memory.use_hierarchy);
    if (memory.check_before_update) writer.member("checkBeforeUpdate", true);
    writer.end_object();
}

void write_cpu(JsonWriter& writer, const CpuResources& cpu) {
    if (cpu == CpuResources{}) return;
    writer.key("cpu");
    writer.begin_object();
    optional(writer, "shares", cpu.shares);
    optional(writer, "quota", cpu.quota);
    optional(writer, "burst", cpu.burst);
    optional(writer, "period", cpu.period);
    optional(writer, "realtimeRuntime", cpu.realtime_runtime);
    optional(writer, "realtimePeriod", cpu.realtime_period);
    text(writer, "cpus", cpu.cpus);
    text(writer, "mems", cpu.mems);
    optional(writer, "idle", cpu.idle);
    writer.end_object();
}

void write_throttle(JsonWriter& writer, std::string_view name,
                    const std::vector<ThrottleDevice>& devices) {
    objects(writer, name, devices, [&](const ThrottleDevice& device) {
        writer.member("major", device.major);
        writer.member("minor", device.minor);
        writer.member("rate", device.rate);
    });
}

void write_block_io(JsonWriter& writer, const BlockIoResources& io) {
    if (io.empty()) return;
    writer.key("blockIO");
    writer.begin_object();
    optional(writer, "weight", io.weight);
    optional(writer, "leafWeight", io.leaf_weight);
    objects(writer, "weightDevice", io.weight_device, [&](const WeightDevice& device) {
        writer.member("major", device.major);
        writer.member("minor", device.minor);
        optional(writer, "weight", device.weight);
        optional(writer, "leafWeight", device.leaf_weight);
    });
    write_throttle(writer, "throttleReadBpsDevice", io.throttle_read_bps_device);
    write_throttle(writer, "throttleWriteBpsDevice", io.throttle_write_bps_device);
    write_throttle(writer, "throttleReadIOPSDevice", io.throttle_read_iops_device);
    write_throttle(writer, "throttleWriteIOPSDevice", io.throttle_write_iops_device);
    writer.end_object();
}

void write_network(JsonWriter& writer, const NetworkResources& network) {
    if (network.empty()) return;
    writer.key("network");
    writer.begin_object();
    optional(writer, "classID", network.class_id);
    objects(writer, "priorities", network.priorities, [&](const InterfacePriority& priority) {
        writer.member("name", priority.name);
        writer.member("priority", priority.priority);
    });
    writer.end_object();
}

void write_rdma(JsonWriter& writer, const std::vector<RdmaLimit>& limits) {
    if (limits.empty()) return;
    writer.key("rdma");
    writer.begin_object();
    for (const RdmaLimit& limit : limits) {
        writer.key(limit.device);
        writer.begin_object();
        optional(writer, "hcaHandles", limit.hca_handles);
        optional(writer, "hcaObjects", limit.hca_objects);
        writer.end_object();
    }
    writer.end_object();
}

}  // namespace

std::string resources_json(const Resources& resources) {
    JsonWriter writer;
    writer.begin_object();
    write_devices(writer, resources.devices);
    write_memory(writer, resources.memory);
    write_cpu(writer, resources.cpu);
    write_block_io(writer, resources.block_io);
    objects(writer, "hugepageLimits", resources.hugepage_limits, [&](const HugepageLimit& limit) {
        writer.member("pageSize", limit.page_size);
        writer.member("limit", limit.limit);
    });
    write_network(writer, resources.network);
    if (resources.pids.limit) {
        writer.key("pids");
        writer.begin_object();
        writer.member("limit", *resources.pids.limit);
        writer.end_object();
    }
    write_rdma(writer, resources.rdma);
    if (!resources.unified.empty()) writer.member("unified", resources.unified);
    writer.end_object();
    return writer.take();
}

}  // namespace crux::oci

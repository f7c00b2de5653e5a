#include "runtime/base/text.h"
#include "runtime/cgroup/controllers.h"

namespace crux::cgroup {

namespace {

/// One of the four lists of rates: its names in config.json and in both cgroup versions.
struct Throttle {
    std::vector<oci::ThrottleDevice> oci::BlockIoResources::* list;
    std::string_view pointer;
    std::string_view v1_file;
    std::string_view v2_key;
};

constexpr Throttle kThrottles[] = {
    {&oci::BlockIoResources::throttle_read_bps_device, "/blockIO/throttleReadBpsDevice",
     "blkio.throttle.read_bps_device", "rbps"},
    {&oci::BlockIoResources::throttle_write_bps_device, "/blockIO/throttleWriteBpsDevice",
     "blkio.throttle.write_bps_device", "wbps"},
    {&oci::BlockIoResources::throttle_read_iops_device, "/blockIO/throttleReadIOPSDevice",
     "blkio.throttle.read_iops_device", "riops"},
    {&oci::BlockIoResources::throttle_write_iops_device, "/blockIO/throttleWriteIOPSDevice",
     "blkio.throttle.write_iops_device", "wiops"},
};

template <class Device>
std::string device_text(const Device& device) {
    return cat(device.major, ":", device.minor);
}

struct FileValue {
    std::string_view file;
    std::string value;
};

/// The weight is written to the first of the two files that the kernel has. This depends on the I/O
/// scheduler (CFQ was removed in Linux 5.0; BFQ has its own file). With neither, crux goes on
/// without it, unless the limits are strict.
void add_either(LimitsBuilder& builder, ControllerLocation location, FileValue first,
                FileValue second, const std::string& origin) {
    builder.add(location, first.file, std::move(first.value), origin).when_absent =
        WhenAbsent::fallback;
    builder.add(location, second.file, std::move(second.value), origin).when_absent =
        builder.options().strict ? WhenAbsent::fail : WhenAbsent::warn;
}

void add_v1_weights(LimitsBuilder& builder, ControllerLocation location,
                    const oci::BlockIoResources& io) {
    if (io.weight.value_or(0) != 0)
        add_either(builder, location, {"blkio.weight", cat(*io.weight)},
                   {"blkio.bfq.weight", cat(*io.weight)}, builder.origin("/blockIO/weight"));
    if (io.leaf_weight.value_or(0) != 0)
        builder.add(location, "blkio.leaf_weight", cat(*io.leaf_weight),
                    builder.origin("/blockIO/leafWeight"));
    for (std::size_t i = 0; i < io.weight_device.size(); ++i) {
        const oci::WeightDevice& device = io.weight_device[i];
        std::string name = device_text(device);
        if (device.weight.value_or(0) != 0)
            add_either(builder, location, {"blkio.weight_device", cat(name, " ", *device.weight)},
                       {"blkio.bfq.weight_device", cat(name, " ", *device.weight)},
                       builder.origin("/blockIO/weightDevice", i, "/weight"));
        if (device.leaf_weight.value_or(0) != 0)
            builder.add(location, "blkio.leaf_weight_device", cat(name, " ", *device.leaf_weight),
                        builder.origin("/blockIO/weightDevice", i, "/leafWeight"));
    }
}

Status add_v2_weights(LimitsBuilder& builder, ControllerLocation location,
                      const oci::BlockIoResources& io) {
    if (io.leaf_weight.value_or(0) != 0)
        return LimitsBuilder::refuse_on_v2(builder.origin("/blockIO/leafWeight"));
    if (io.weight.value_or(0) != 0)
        add_either(builder, location, {"io.bfq.weight", cat(*io.weight)},
                   {"io.weight", cat(io_weight_of(*io.weight))}, builder.origin("/blockIO/weight"));
    for (std::size_t i = 0; i < io.weight_device.size(); ++i) {
        const oci::WeightDevice& device = io.weight_device[i];
        std::string name = device_text(device);
        if (device.weight.value_or(0) != 0)
            add_either(builder, location, {"io.bfq.weight", cat(name, " ", *device.weight)},
                       {"io.weight", cat(name, " ", io_weight_of(*device.weight))},
                       builder.origin("/blockIO/weightDevice", i, "/weight"));
        if (device.leaf_weight.value_or(0) != 0)
            return LimitsBuilder::refuse_on_v2(
                builder.origin("/blockIO/weightDevice", i, "/leafWeight"));
    }
    return {};
}

void add_throttles(LimitsBuilder& builder, ControllerLocation location,
                   const oci::BlockIoResources& io) {
    for (const Throttle& throttle : kThrottles) {
        const auto& list = io.*throttle.list;
        for (std::size_t i = 0; i < list.size(); ++i) {
            std::string origin = builder.origin(throttle.pointer, i);
            std::string name = device_text(list[i]);
            if (location.version == 1) {
                builder.add(location, throttle.v1_file, cat(name, " ", list[i].rate),
                            std::move(origin));
                continue;
            }
            // 0 removes a limit of v1; v2 uses "max".
            std::string rate = list[i].rate == 0 ? "max" : cat(list[i].rate);
            builder.add(location, "io.max", cat(name, " ", throttle.v2_key, "=", rate),
                        std::move(origin));
        }
    }
}

}  // namespace

std::uint64_t io_weight_of(std::uint16_t weight) {
    constexpr std::uint64_t kLeast = 10;
    if (weight <= kLeast) return 1;
    return 1 + (((weight - kLeast) * 9999) / 990);
}

Status add_block_io(LimitsBuilder& builder, const oci::BlockIoResources& io) {
    if (io.empty()) return {};
    ControllerLocation location = TRY(builder.location("blkio", "io", "/blockIO"));
    if (location.version == 1)
        add_v1_weights(builder, location, io);
    else
        TRY(add_v2_weights(builder, location, io));
    add_throttles(builder, location, io);
    return {};
}

}  // namespace crux::cgroup

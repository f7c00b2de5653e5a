#include <cmath>

#include "runtime/base/text.h"
#include "runtime/cgroup/controllers.h"

namespace crux::cgroup {

namespace {

constexpr std::uint64_t kLeastShares = 2;
constexpr std::uint64_t kMostShares = 262144;
constexpr std::uint64_t kMostWeight = 10000;

/// The values; 0 means "not set", as all callers expect.
struct Values {
    std::uint64_t shares;
    std::int64_t quota;
    std::uint64_t period;
    std::int64_t realtime_runtime;
    std::uint64_t realtime_period;
};

Values values_of(const oci::CpuResources& cpu) {
    return {.shares = cpu.shares.value_or(0),
            .quota = cpu.quota.value_or(0),
            .period = cpu.period.value_or(0),
            .realtime_runtime = cpu.realtime_runtime.value_or(0),
            .realtime_period = cpu.realtime_period.value_or(0)};
}

/// settle_idle decides the order with the weight when all settings are known.
void add_idle(LimitsBuilder& builder, ControllerLocation location, const oci::CpuResources& cpu) {
    if (cpu.idle) builder.add(location, "cpu.idle", cat(*cpu.idle), builder.origin("/cpu/idle"));
}

void add_v1_bandwidth(LimitsBuilder& builder, ControllerLocation location,
                      const oci::CpuResources& cpu, const Values& values) {
    // Whether period, burst or quota can change first depends on the old values (the kernel
    // requires burst <= quota, and quota/period within the parent's). What the kernel refuses
    // before the quota is set is written again after it.
    bool again = values.quota != 0;
    if (values.period != 0)
        builder
            .add(location, "cpu.cfs_period_us", cat(values.period), builder.origin("/cpu/period"))
            .again = again;
    if (cpu.burst) {
        Setting& burst = builder.add(location, "cpu.cfs_burst_us", cat(*cpu.burst),
                                     builder.origin("/cpu/burst"));
        burst.again = again;
        burst.when_absent = WhenAbsent::warn;  // since Linux 5.14
    }
    if (values.quota != 0)
        builder.add(location, "cpu.cfs_quota_us", cat(values.quota), builder.origin("/cpu/quota"));
}

void add_v1_realtime(LimitsBuilder& builder, ControllerLocation location, const Values& values) {
    if (values.realtime_period != 0)
        builder
            .add(location, "cpu.rt_period_us", cat(values.realtime_period),
                 builder.origin("/cpu/realtimePeriod"))
            .again = values.realtime_runtime != 0;
    if (values.realtime_runtime != 0)
        builder.add(location, "cpu.rt_runtime_us", cat(values.realtime_runtime),
                    builder.origin("/cpu/realtimeRuntime"));
}

Status add_v1(LimitsBuilder& builder, ControllerLocation location, const oci::CpuResources& cpu,
              const Values& values) {
    std::string shares_origin = builder.origin("/cpu/shares");
    // The kernel would silently use the nearest possible value.
    if (values.shares > kMostShares)
        return LimitsBuilder::refuse(shares_origin,
                                     cat("the maximum allowed cpu-shares is ", kMostShares));
    if (values.shares != 0 && values.shares < kLeastShares)
        return LimitsBuilder::refuse(shares_origin,
                                     cat("the minimum allowed cpu-shares is ", kLeastShares));
    add_idle(builder, location, cpu);
    if (values.shares != 0) builder.add(location, "cpu.shares", cat(values.shares), shares_origin);
    add_v1_bandwidth(builder, location, cpu, values);
    // Before any process enters: a process with a real-time policy cannot enter without bandwidth.
    add_v1_realtime(builder, location, values);
    return {};
}

/// cpu.max: "QUOTA PERIOD"; the kernel keeps a period that is not given.
std::string maximum(const Values& values) {
    std::string text = values.quota > 0 ? cat(values.quota) : "max";
    return values.period != 0 ? cat(text, " ", values.period) : text;
}

Status add_v2(LimitsBuilder& builder, ControllerLocation location, const oci::CpuResources& cpu,
              const Values& values) {
    if (values.realtime_period != 0)
        return LimitsBuilder::refuse_on_v2(builder.origin("/cpu/realtimePeriod"));
    if (values.realtime_runtime != 0)
        return LimitsBuilder::refuse_on_v2(builder.origin("/cpu/realtimeRuntime"));
    add_idle(builder, location, cpu);
    if (values.shares != 0)
        builder.add(location, "cpu.weight", cat(weight_of_shares(values.shares)),
                    builder.origin("/cpu/shares"));
    bool limited = values.quota != 0 || values.period != 0;
    if (cpu.burst) {
        Setting& burst =
            builder.add(location, "cpu.max.burst", cat(*cpu.burst), builder.origin("/cpu/burst"));
        burst.again = limited;
        burst.when_absent = WhenAbsent::warn;  // since Linux 5.14
    }
    if (limited)
        builder.add(location, "cpu.max", maximum(values),
                    builder.origin(values.quota != 0 ? "/cpu/quota" : "/cpu/period"));
    return {};
}

}  // namespace

std::uint64_t weight_of_shares(std::uint64_t shares) {
    if (shares <= kLeastShares) return 1;
    if (shares >= kMostShares) return kMostWeight;
    double log = std::log2(static_cast<double>(shares));
    double exponent = (((log * log) + (125 * log)) / 612.0) - (7.0 / 34.0);
    return static_cast<std::uint64_t>(std::ceil(std::pow(10, exponent)));
}

Status add_cpu(LimitsBuilder& builder, const oci::CpuResources& cpu) {
    Values values = values_of(cpu);
    bool wanted = values.shares != 0 || values.quota != 0 || values.period != 0 || cpu.burst ||
                  cpu.idle || values.realtime_period != 0 || values.realtime_runtime != 0;
    if (!wanted) return {};
    if (values.quota > 0 && cpu.burst.value_or(0) > static_cast<std::uint64_t>(values.quota))
        return LimitsBuilder::refuse(
            builder.origin("/cpu/burst"),
            cat("burst ", *cpu.burst, " exceeds the quota ", values.quota));
    if (cpu.idle && *cpu.idle != 0 && *cpu.idle != 1)
        return LimitsBuilder::refuse(builder.origin("/cpu/idle"), "idle must be 0 or 1");
    ControllerLocation location = TRY(builder.location("cpu", "cpu", "/cpu"));
    if (location.version == 1) return add_v1(builder, location, cpu, values);
    return add_v2(builder, location, cpu, values);
}

}  // namespace crux::cgroup

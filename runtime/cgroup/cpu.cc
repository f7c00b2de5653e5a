#include <cmath>

#include "runtime/base/text.h"
#include "runtime/cgroup/controllers.h"

namespace crux::cgroup {

namespace {

constexpr std::uint64_t kLeastShares = 2;
constexpr std::uint64_t kMostShares = 262144;
constexpr std::uint64_t kMostWeight = 10000;

/// The values with 0 for "not set", as all callers mean it.
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

/// The order with the weight is settled when all settings are there (settle_idle).
void add_idle(Draft& draft, Home home, const oci::CpuResources& cpu) {
    if (cpu.idle) draft.add(home, "cpu.idle", cat(*cpu.idle), draft.origin("/cpu/idle"));
}

void add_v1_bandwidth(Draft& draft, Home home, const oci::CpuResources& cpu, const Values& values) {
    // Whether period, burst or quota can change first depends on the old ones (the kernel wants
    // burst <= quota, and quota/period within the parent's): what it refuses before the quota is in
    // place is written again after it.
    bool again = values.quota != 0;
    if (values.period != 0)
        draft.add(home, "cpu.cfs_period_us", cat(values.period), draft.origin("/cpu/period"))
            .again = again;
    if (cpu.burst) {
        Setting& burst =
            draft.add(home, "cpu.cfs_burst_us", cat(*cpu.burst), draft.origin("/cpu/burst"));
        burst.again = again;
        burst.when_absent = WhenAbsent::warn;  // since Linux 5.14
    }
    if (values.quota != 0)
        draft.add(home, "cpu.cfs_quota_us", cat(values.quota), draft.origin("/cpu/quota"));
}

void add_v1_realtime(Draft& draft, Home home, const Values& values) {
    if (values.realtime_period != 0)
        draft
            .add(home, "cpu.rt_period_us", cat(values.realtime_period),
                 draft.origin("/cpu/realtimePeriod"))
            .again = values.realtime_runtime != 0;
    if (values.realtime_runtime != 0)
        draft.add(home, "cpu.rt_runtime_us", cat(values.realtime_runtime),
                  draft.origin("/cpu/realtimeRuntime"));
}

Status add_v1(Draft& draft, Home home, const oci::CpuResources& cpu, const Values& values) {
    std::string shares_origin = draft.origin("/cpu/shares");
    // The kernel would take the nearest possible value and say nothing.
    if (values.shares > kMostShares)
        return Draft::refuse(shares_origin, cat("the maximum allowed cpu-shares is ", kMostShares));
    if (values.shares != 0 && values.shares < kLeastShares)
        return Draft::refuse(shares_origin,
                             cat("the minimum allowed cpu-shares is ", kLeastShares));
    add_idle(draft, home, cpu);
    if (values.shares != 0) draft.add(home, "cpu.shares", cat(values.shares), shares_origin);
    add_v1_bandwidth(draft, home, cpu, values);
    // Before any process enters: one with a real-time policy cannot enter without bandwidth.
    add_v1_realtime(draft, home, values);
    return {};
}

/// cpu.max: "QUOTA PERIOD", where a missing period stays as it is.
std::string maximum(const Values& values) {
    std::string text = values.quota > 0 ? cat(values.quota) : "max";
    return values.period != 0 ? cat(text, " ", values.period) : text;
}

Status add_v2(Draft& draft, Home home, const oci::CpuResources& cpu, const Values& values) {
    if (values.realtime_period != 0)
        return Draft::refuse_on_v2(draft.origin("/cpu/realtimePeriod"));
    if (values.realtime_runtime != 0)
        return Draft::refuse_on_v2(draft.origin("/cpu/realtimeRuntime"));
    add_idle(draft, home, cpu);
    if (values.shares != 0)
        draft.add(home, "cpu.weight", cat(weight_of_shares(values.shares)),
                  draft.origin("/cpu/shares"));
    bool limited = values.quota != 0 || values.period != 0;
    if (cpu.burst) {
        Setting& burst =
            draft.add(home, "cpu.max.burst", cat(*cpu.burst), draft.origin("/cpu/burst"));
        burst.again = limited;
        burst.when_absent = WhenAbsent::warn;  // since Linux 5.14
    }
    if (limited)
        draft.add(home, "cpu.max", maximum(values),
                  draft.origin(values.quota != 0 ? "/cpu/quota" : "/cpu/period"));
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

Status add_cpu(Draft& draft, const oci::CpuResources& cpu) {
    Values values = values_of(cpu);
    bool wanted = values.shares != 0 || values.quota != 0 || values.period != 0 || cpu.burst ||
                  cpu.idle || values.realtime_period != 0 || values.realtime_runtime != 0;
    if (!wanted) return {};
    if (values.quota > 0 && cpu.burst.value_or(0) > static_cast<std::uint64_t>(values.quota))
        return Draft::refuse(
            draft.origin("/cpu/burst"),
            cat("the burst ", *cpu.burst, " is larger than the quota ", values.quota));
    if (cpu.idle && *cpu.idle != 0 && *cpu.idle != 1)
        return Draft::refuse(draft.origin("/cpu/idle"), "idle must be 0 or 1");
    Home home = TRY(draft.home("cpu", "cpu", "/cpu"));
    if (home.version == 1) return add_v1(draft, home, cpu, values);
    return add_v2(draft, home, cpu, values);
}

}  // namespace crux::cgroup

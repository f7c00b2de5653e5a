#include "runtime/base/text.h"
#include "runtime/cgroup/controllers.h"

namespace crux::cgroup {

namespace {

constexpr std::uint64_t kMostSwappiness = 100;

/// Callers pass 0 for "not set".
std::int64_t given(const std::optional<std::int64_t>& value) {
    return value.value_or(0);
}

Status check(const LimitsBuilder& builder, std::int64_t value, std::string_view below) {
    if (value >= -1) return {};
    return LimitsBuilder::refuse(builder.origin(below), cat("invalid memory value: ", value));
}

void add_v1_limits(LimitsBuilder& builder, ControllerLocation location, std::int64_t limit,
                   std::int64_t swap) {
    std::string limit_origin = builder.origin("/memory/limit");
    std::string swap_origin = builder.origin("/memory/swap");
    // The kernel refuses unlimited memory with a limited sum: lift both limits if there is swap
    // accounting.
    bool follows = limit == -1 && swap == 0;
    if (follows) swap = -1;
    // The kernel always requires limit <= sum. Whether the limit or the sum must be written first
    // depends on the old values: try the limit, and write it again after the sum.
    if (limit != 0)
        builder.add(location, "memory.limit_in_bytes", cat(limit), limit_origin).again = swap != 0;
    if (swap == 0) return;
    Setting& sum = builder.add(location, "memory.memsw.limit_in_bytes", cat(swap),
                               follows ? limit_origin : swap_origin);
    if (follows) sum.when_absent = WhenAbsent::skip;
}

void add_v1(LimitsBuilder& builder, ControllerLocation location,
            const oci::MemoryResources& memory) {
    add_v1_limits(builder, location, given(memory.limit), given(memory.swap));
    if (given(memory.reservation) != 0)
        builder.add(location, "memory.soft_limit_in_bytes", cat(given(memory.reservation)),
                    builder.origin("/memory/reservation"));
    if (memory.use_hierarchy) {
        // Always on since Linux 5.11, which refuses 0 with EINVAL.
        Setting& hierarchy =
            builder.add(location, "memory.use_hierarchy", *memory.use_hierarchy ? "1" : "0",
                        builder.origin("/memory/useHierarchy"));
        hierarchy.on_failure = OnFailure::warn;
        hierarchy.when_absent = WhenAbsent::warn;
    }
    if (memory.disable_oom_killer.value_or(false))
        builder.add(location, "memory.oom_control", "1",
                    builder.origin("/memory/disableOOMKiller"));
    if (memory.swappiness)
        builder.add(location, "memory.swappiness", cat(*memory.swappiness),
                    builder.origin("/memory/swappiness"));
}

/// The limit of swap alone for limits of memory and of memory with swap (0: do not change it).
Result<std::optional<std::string>> swap_alone(const LimitsBuilder& builder, std::int64_t limit,
                                              std::int64_t swap) {
    std::string origin = builder.origin("/memory/swap");
    if (swap == -1 || (swap == 0 && limit == -1)) return std::optional<std::string>("max");
    if (swap == 0) return std::optional<std::string>();
    if (limit == 0)
        return LimitsBuilder::refuse(origin, "unable to set swap limit without memory limit");
    if (limit == -1) return std::optional<std::string>(cat(swap));
    return std::optional<std::string>(cat(swap - limit));
}

std::string v2_value(std::int64_t value) {
    return value == -1 ? "max" : cat(value);
}

Status judge_v1_alone(LimitsBuilder& builder, const oci::MemoryResources& memory) {
    if (memory.swappiness) TRY(builder.ignore_on_v2(builder.origin("/memory/swappiness")));
    if (memory.disable_oom_killer.value_or(false))
        TRY(builder.ignore_on_v2(builder.origin("/memory/disableOOMKiller")));
    if (!memory.use_hierarchy.value_or(true))
        return LimitsBuilder::refuse(builder.origin("/memory/useHierarchy"),
                                     "cgroup v2 is always hierarchical");
    return {};
}

Status add_v2(LimitsBuilder& builder, ControllerLocation location,
              const oci::MemoryResources& memory) {
    TRY(judge_v1_alone(builder, memory));
    std::int64_t limit = given(memory.limit);
    std::int64_t swap = given(memory.swap);
    std::optional<std::string> alone = TRY(swap_alone(builder, limit, swap));
    if (alone) {
        Setting& setting =
            builder.add(location, "memory.swap.max", *alone,
                        builder.origin(swap != 0 ? "/memory/swap" : "/memory/limit"));
        // Without swap there is no limit to lift and no swap to forbid.
        if (*alone == "max" || *alone == "0") setting.when_absent = WhenAbsent::skip;
    }
    if (limit != 0)
        builder.add(location, "memory.max", v2_value(limit), builder.origin("/memory/limit"));
    if (given(memory.reservation) != 0)
        builder.add(location, "memory.low", v2_value(given(memory.reservation)),
                    builder.origin("/memory/reservation"));
    if (memory.check_before_update && (limit > 0 || swap > 0))
        builder.limits.memory_check =
            MemoryCheck{.limit = limit > 0 ? static_cast<std::uint64_t>(limit) : 0,
                        .memory_and_swap = swap > 0 ? static_cast<std::uint64_t>(swap) : 0};
    return {};
}

Status check_values(const LimitsBuilder& builder, const oci::MemoryResources& memory) {
    TRY(check(builder, given(memory.limit), "/memory/limit"));
    TRY(check(builder, given(memory.reservation), "/memory/reservation"));
    TRY(check(builder, given(memory.swap), "/memory/swap"));
    if (given(memory.limit) > 0 && given(memory.swap) > 0 && *memory.swap < *memory.limit)
        return LimitsBuilder::refuse(builder.origin("/memory/swap"),
                                     "memory+swap limit should be >= memory limit");
    if (memory.swappiness.value_or(0) > kMostSwappiness)
        return LimitsBuilder::refuse(builder.origin("/memory/swappiness"),
                                     cat("invalid memory swappiness value: ", *memory.swappiness,
                                         " (valid range is 0-100)"));
    return {};
}

/// Whether a setting requires the controller; default values alone do not.
bool wants_controller(const oci::MemoryResources& memory) {
    return given(memory.limit) != 0 || given(memory.reservation) != 0 || given(memory.swap) != 0 ||
           memory.swappiness || memory.disable_oom_killer.value_or(false) ||
           memory.use_hierarchy.value_or(false);
}

std::optional<std::uint64_t> swappiness_of(const oci::MemoryResources& memory) {
    // Some callers write -1 for "not set" here, as for the limits.
    if (memory.swappiness == ~std::uint64_t{0}) return {};
    return memory.swappiness;
}

}  // namespace

Status add_memory(LimitsBuilder& builder, const oci::MemoryResources& asked) {
    constexpr std::string_view kKernel = "kernel memory limits are ignored";
    // Docker writes 0 for "no limit": the rules have a quiet warning of it.
    if (asked.kernel.value_or(0) > 0)
        builder.warn(builder.origin("/memory/kernel"), std::string(kKernel));
    if (asked.kernel_tcp.value_or(0) > 0)
        builder.warn(builder.origin("/memory/kernelTCP"), std::string(kKernel));
    oci::MemoryResources memory = asked;
    memory.swappiness = swappiness_of(asked);
    TRY(check_values(builder, memory));
    // Default values are still written, and warnings still reported, if there is a controller.
    if (!wants_controller(memory) && !builder.find_location("memory", "memory")) return {};
    ControllerLocation location = TRY(builder.location("memory", "memory", "/memory"));
    if (location.version == 2) return add_v2(builder, location, memory);
    add_v1(builder, location, memory);
    return {};
}

}  // namespace crux::cgroup

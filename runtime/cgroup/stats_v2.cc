#include "runtime/cgroup/stats_reader.h"

namespace crux::cgroup {

namespace {

constexpr std::uint64_t kNanosPerMicro = 1000;

/// memory.current and the related files, or those of memory.swap; zero without swap accounting.
MemoryUsage read_usage(const StatsReader& reader, std::string_view prefix) {
    return {.usage = reader.number(cat(prefix, ".current")),
            .max = reader.number(cat(prefix, ".peak")),  // since Linux 5.19; of swap 6.5
            .limit = reader.number(cat(prefix, ".max")),
            .failures = 0};
}

/// One line of io.stat: "8:0 rbytes=1 wbytes=2 rios=3 wios=4 …".
void add_io_line(std::string_view line, IoStats& stats) {
    struct Kind {
        std::string_view key;
        std::string_view operation;
        std::vector<IoEntry> IoStats::* list;
    };
    constexpr Kind kKinds[] = {{"rbytes", "Read", &IoStats::service_bytes},
                               {"wbytes", "Write", &IoStats::service_bytes},
                               {"rios", "Read", &IoStats::serviced},
                               {"wios", "Write", &IoStats::serviced}};
    std::vector<std::string_view> words = split(line, ' ');
    std::vector<std::string_view> device = split(words.front(), ':');
    if (device.size() != 2) return;
    auto major = to_number<std::uint64_t>(device[0]);
    auto minor = to_number<std::uint64_t>(device[1]);
    if (!major || !minor) return;
    for (std::string_view word : words) {
        std::size_t equals = word.find('=');
        if (equals == std::string_view::npos) continue;
        auto value = to_number<std::uint64_t>(word.substr(equals + 1));
        for (const Kind& kind : kKinds)
            if (value && word.substr(0, equals) == kind.key)
                (stats.*kind.list).push_back({*major, *minor, std::string(kind.operation), *value});
    }
}

}  // namespace

void read_cpu_v2(const StatsReader& reader, CpuStats& stats) {
    std::string text = reader.text("cpu.stat");
    auto micros = [&](std::string_view key) {
        return value_of_key(text, key).value_or(0) * kNanosPerMicro;
    };
    stats.total = micros("usage_usec");
    stats.user = micros("user_usec");
    stats.kernel = micros("system_usec");
    stats.periods = value_of_key(text, "nr_periods").value_or(0);
    stats.throttled_periods = value_of_key(text, "nr_throttled").value_or(0);
    stats.throttled_time = micros("throttled_usec");
    stats.pressure = parse_pressure(reader.text("cpu.pressure"));
}

void read_memory_v2(const StatsReader& reader, MemoryStats& stats) {
    std::string text = reader.text("memory.stat");
    stats.raw = parse_raw(text);
    stats.cache = value_of_key(text, "file").value_or(0);
    stats.memory = read_usage(reader, "memory");
    // Readers expect v1's sum; its maximum cannot be computed from the two.
    MemoryUsage swap = read_usage(reader, "memory.swap");
    stats.swap.usage = stats.memory.usage + swap.usage;
    bool unlimited = swap.limit == kUnlimited || stats.memory.limit == kUnlimited;
    stats.swap.limit = unlimited ? kUnlimited : stats.memory.limit + swap.limit;
    stats.pressure = parse_pressure(reader.text("memory.pressure"));
}

void read_io_v2(const StatsReader& reader, IoStats& stats) {
    std::string text = reader.text("io.stat");
    for (std::string_view line : split(text, '\n')) add_io_line(line, stats);
    stats.pressure = parse_pressure(reader.text("io.pressure"));
}

void read_hugetlb_v2(const StatsReader& reader, std::vector<HugetlbStats>& stats) {
    for (const std::string& size : reader.huge_page_sizes()) {
        std::string prefix = cat("hugetlb.", size);
        bool reserves = reader.has(cat(prefix, ".rsvd.current"));
        stats.push_back({.page_size = size,
                         .usage = reader.number(cat(prefix, reserves ? ".rsvd" : "", ".current")),
                         .max = 0,
                         .failures = reader.number(cat(prefix, ".events"), "max")});
    }
}

}  // namespace crux::cgroup

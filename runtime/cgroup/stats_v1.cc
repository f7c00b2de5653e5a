#include "runtime/cgroup/stats_reader.h"

namespace crux::cgroup {

namespace {

/// USER_HZ, the unit of these counters, on every architecture that crux supports.
constexpr std::uint64_t kTicksPerSecond = 100;
constexpr std::uint64_t kNanosPerTick = 1'000'000'000 / kTicksPerSecond;

MemoryUsage read_usage(const StatsReader& reader, std::string_view prefix) {
    return {.usage = reader.number(cat(prefix, ".usage_in_bytes")),
            .max = reader.number(cat(prefix, ".max_usage_in_bytes")),
            .limit = reader.number(cat(prefix, ".limit_in_bytes")),
            .failures = reader.number(cat(prefix, ".failcnt"))};
}

/// cpuacct.usage_all: a line "cpu user system" and then one for each CPU.
void read_usage_of_all(const StatsReader& reader, CpuStats& stats) {
    std::string text = reader.text("cpuacct.usage_all");
    for (std::string_view line : split(text, '\n')) {
        std::vector<std::string_view> words = split(line, ' ');
        if (words.size() < 3) continue;
        auto user = to_number<std::uint64_t>(words[1]);
        auto kernel = to_number<std::uint64_t>(words[2]);
        if (!user || !kernel) continue;
        stats.per_cpu_user.push_back(*user);
        stats.per_cpu_kernel.push_back(*kernel);
    }
}

/// Reads the files of one scheduler, given by a prefix and a suffix of their names.
bool read_lists(const StatsReader& reader, std::string_view prefix, std::string_view suffix,
                IoStats& stats) {
    auto file = [&](std::string_view name) { return cat("blkio.", prefix, name, suffix); };
    if (!reader.has(file("io_serviced"))) return false;
    stats.serviced = parse_io_entries(reader.text(file("io_serviced")));
    stats.service_bytes = parse_io_entries(reader.text(file("io_service_bytes")));
    // The other files exist only in kernels built for debugging; BFQ's since Linux 5.3.
    stats.sectors = parse_io_entries(reader.text(file("sectors")));
    stats.service_time = parse_io_entries(reader.text(file("io_service_time")));
    stats.wait_time = parse_io_entries(reader.text(file("io_wait_time")));
    stats.merged = parse_io_entries(reader.text(file("io_merged")));
    stats.queued = parse_io_entries(reader.text(file("io_queued")));
    stats.time = parse_io_entries(reader.text(file("time")));
    return true;
}

}  // namespace

void read_cpu_v1(const StatsReader& reader, CpuStats& stats) {
    std::string text = reader.text("cpu.stat");
    stats.periods = value_of_key(text, "nr_periods").value_or(0);
    stats.throttled_periods = value_of_key(text, "nr_throttled").value_or(0);
    stats.throttled_time = value_of_key(text, "throttled_time").value_or(0);
}

void read_cpuacct_v1(const StatsReader& reader, CpuStats& stats) {
    stats.total = reader.number("cpuacct.usage");
    std::string text = reader.text("cpuacct.stat");
    stats.user = value_of_key(text, "user").value_or(0) * kNanosPerTick;
    stats.kernel = value_of_key(text, "system").value_or(0) * kNanosPerTick;
    std::string each = reader.text("cpuacct.usage_percpu");
    for (std::string_view word : split(trimmed(each), ' ')) {
        auto value = to_number<std::uint64_t>(word);
        if (value) stats.per_cpu.push_back(*value);
    }
    read_usage_of_all(reader, stats);
}

void read_cpuset_v1(const StatsReader& reader, CpusetStats& stats) {
    stats.cpus = parse_set(reader.text("cpuset.cpus"));
    stats.mems = parse_set(reader.text("cpuset.mems"));
    stats.cpu_exclusive = reader.number("cpuset.cpu_exclusive");
    stats.mem_exclusive = reader.number("cpuset.mem_exclusive");
    stats.mem_hardwall = reader.number("cpuset.mem_hardwall");
    stats.memory_migrate = reader.number("cpuset.memory_migrate");
    stats.memory_spread_page = reader.number("cpuset.memory_spread_page");
    stats.memory_spread_slab = reader.number("cpuset.memory_spread_slab");
    stats.memory_pressure = reader.number("cpuset.memory_pressure");
    stats.sched_load_balance = reader.number("cpuset.sched_load_balance");
    std::string level = reader.text("cpuset.sched_relax_domain_level");
    stats.sched_relax_domain_level = to_number<std::int64_t>(trimmed(level)).value_or(0);
}

void read_memory_v1(const StatsReader& reader, MemoryStats& stats) {
    std::string text = reader.text("memory.stat");
    stats.raw = parse_raw(text);
    stats.cache = value_of_key(text, "cache").value_or(0);
    stats.memory = read_usage(reader, "memory");
    stats.swap = read_usage(reader, "memory.memsw");
    stats.kernel = read_usage(reader, "memory.kmem");
    stats.kernel_tcp = read_usage(reader, "memory.kmem.tcp");
}

void read_blkio_v1(const StatsReader& reader, IoStats& stats) {
    // The scheduler's own counters if they are in use, else those of the block layer.
    for (std::string_view prefix : {"bfq.", "", "throttle."})
        if (read_lists(reader, prefix, "_recursive", stats)) {
            if (!stats.serviced.empty() || prefix == "throttle.") return;
        }
    (void)read_lists(reader, "throttle.", "", stats);
}

void read_hugetlb_v1(const StatsReader& reader, std::vector<HugetlbStats>& stats) {
    for (const std::string& size : reader.huge_page_sizes()) {
        std::string prefix = cat("hugetlb.", size);
        if (reader.has(cat(prefix, ".rsvd.usage_in_bytes"))) prefix += ".rsvd";
        stats.push_back({.page_size = size,
                         .usage = reader.number(cat(prefix, ".usage_in_bytes")),
                         .max = reader.number(cat(prefix, ".max_usage_in_bytes")),
                         .failures = reader.number(cat(prefix, ".failcnt"))});
    }
}

}  // namespace crux::cgroup

#include "oci-spec/runc/event.h"

#include <algorithm>

#include "oci-spec/json_writer.h"
#include "runtime/base/text.h"

namespace crux::oci {

namespace {

/// A number, omitted if zero.
void counted(JsonWriter& writer, std::string_view name, std::uint64_t value) {
    if (value != 0) writer.member(name, value);
}

/// Numbers, omitted if there are none.
void numbers(JsonWriter& writer, std::string_view name, const auto& values) {
    if (values.empty()) return;
    writer.key(name);
    writer.begin_array();
    for (const auto value : values) writer.value(value);
    writer.end_array();
}

/// Hundredths in Go's float format: without trailing zeros.
void hundredths(JsonWriter& writer, std::string_view name, std::uint64_t value) {
    std::string text = cat(value / 100);
    const std::uint64_t rest = value % 100;
    if (rest != 0) text += cat('.', rest / 10, rest % 10 == 0 ? "" : cat(rest % 10));
    writer.key(name);
    writer.literal(text);
}

void write_line(JsonWriter& writer, std::string_view name, const Pressure::Line& line) {
    if (line == Pressure::Line{}) return;
    writer.key(name);
    writer.begin_object();
    hundredths(writer, "avg10", line.avg10);
    hundredths(writer, "avg60", line.avg60);
    hundredths(writer, "avg300", line.avg300);
    writer.member("total", line.total);
    writer.end_object();
}

void write_pressure(JsonWriter& writer, const std::optional<Pressure>& pressure) {
    if (!pressure) return;
    writer.key("psi");
    writer.begin_object();
    write_line(writer, "some", pressure->some);
    write_line(writer, "full", pressure->full);
    writer.end_object();
}

void write_cpu_usage(JsonWriter& writer, const CpuStats& cpu) {
    const bool is_nothing = cpu.total == 0 && cpu.user == 0 && cpu.kernel == 0 &&
                            cpu.per_cpu.empty() && cpu.per_cpu_user.empty() &&
                            cpu.per_cpu_kernel.empty();
    if (is_nothing) return;
    writer.key("usage");
    writer.begin_object();
    counted(writer, "total", cpu.total);
    numbers(writer, "percpu", cpu.per_cpu);
    numbers(writer, "percpu_kernel", cpu.per_cpu_kernel);
    numbers(writer, "percpu_user", cpu.per_cpu_user);
    writer.member("kernel", cpu.kernel);
    writer.member("user", cpu.user);
    writer.end_object();
}

void write_cpu(JsonWriter& writer, const CpuStats& cpu) {
    writer.key("cpu");
    writer.begin_object();
    write_cpu_usage(writer, cpu);
    if (cpu.periods != 0 || cpu.throttled_periods != 0 || cpu.throttled_time != 0) {
        writer.key("throttling");
        writer.begin_object();
        counted(writer, "periods", cpu.periods);
        counted(writer, "throttledPeriods", cpu.throttled_periods);
        counted(writer, "throttledTime", cpu.throttled_time);
        writer.end_object();
    }
    write_pressure(writer, cpu.pressure);
    writer.end_object();
}

void write_cpuset(JsonWriter& writer, const CpusetStats& cpuset) {
    writer.key("cpuset");
    writer.begin_object();
    numbers(writer, "cpus", cpuset.cpus);
    writer.member("cpu_exclusive", cpuset.cpu_exclusive);
    numbers(writer, "mems", cpuset.mems);
    writer.member("mem_hardwall", cpuset.mem_hardwall);
    writer.member("mem_exclusive", cpuset.mem_exclusive);
    writer.member("memory_migrate", cpuset.memory_migrate);
    writer.member("memory_spread_page", cpuset.memory_spread_page);
    writer.member("memory_spread_slab", cpuset.memory_spread_slab);
    writer.member("memory_pressure", cpuset.memory_pressure);
    writer.member("sched_load_balance", cpuset.sched_load_balance);
    writer.member("sched_relax_domain_level", cpuset.sched_relax_domain_level);
    writer.end_object();
}

void write_usage(JsonWriter& writer, std::string_view name, const MemoryUsage& usage) {
    if (usage == MemoryUsage{}) return;
    writer.key(name);
    writer.begin_object();
    writer.member("limit", usage.limit);
    counted(writer, "usage", usage.usage);
    counted(writer, "max", usage.max);
    writer.member("failcnt", usage.failures);
    writer.end_object();
}

void write_memory(JsonWriter& writer, const MemoryStats& memory) {
    writer.key("memory");
    writer.begin_object();
    counted(writer, "cache", memory.cache);
    write_usage(writer, "usage", memory.memory);
    write_usage(writer, "swap", memory.swap);
    write_usage(writer, "kernel", memory.kernel);
    write_usage(writer, "kernelTCP", memory.kernel_tcp);
    if (!memory.raw.empty()) {
        auto sorted = memory.raw;
        std::ranges::sort(sorted);
        writer.key("raw");
        writer.begin_object();
        for (const auto& [name, value] : sorted) writer.member(name, value);
        writer.end_object();
    }
    write_pressure(writer, memory.pressure);
    writer.end_object();
}

void write_pids(JsonWriter& writer, const PidsStats& pids) {
    writer.key("pids");
    writer.begin_object();
    counted(writer, "current", pids.current);
    counted(writer, "limit", pids.limit);
    writer.end_object();
}

void write_entries(JsonWriter& writer, std::string_view name, const std::vector<IoEntry>& entries) {
    if (entries.empty()) return;
    writer.key(name);
    writer.begin_array();
    for (const IoEntry& entry : entries) {
        writer.begin_object();
        counted(writer, "major", entry.major);
        counted(writer, "minor", entry.minor);
        if (!entry.operation.empty()) writer.member("op", entry.operation);
        counted(writer, "value", entry.value);
        writer.end_object();
    }
    writer.end_array();
}

void write_io(JsonWriter& writer, const IoStats& io) {
    writer.key("blkio");
    writer.begin_object();
    write_entries(writer, "ioServiceBytesRecursive", io.service_bytes);
    write_entries(writer, "ioServicedRecursive", io.serviced);
    write_entries(writer, "ioQueueRecursive", io.queued);
    write_entries(writer, "ioServiceTimeRecursive", io.service_time);
    write_entries(writer, "ioWaitTimeRecursive", io.wait_time);
    write_entries(writer, "ioMergedRecursive", io.merged);
    write_entries(writer, "ioTimeRecursive", io.time);
    write_entries(writer, "sectorsRecursive", io.sectors);
    write_pressure(writer, io.pressure);
    writer.end_object();
}

void write_hugetlb(JsonWriter& writer, std::vector<HugetlbStats> pages) {
    std::ranges::sort(pages, {}, &HugetlbStats::page_size);
    writer.key("hugetlb");
    writer.begin_object();
    for (const HugetlbStats& page : pages) {
        writer.key(page.page_size);
        writer.begin_object();
        counted(writer, "usage", page.usage);
        counted(writer, "max", page.max);
        writer.member("failcnt", page.failures);
        writer.end_object();
    }
    writer.end_object();
}

}  // namespace

std::string stats_event(std::string_view id, const Stats& stats) {
    JsonWriter writer;
    writer.begin_object();
    writer.member("type", "stats");
    writer.member("id", id);
    writer.key("data");
    writer.begin_object();
    write_cpu(writer, stats.cpu);
    write_cpuset(writer, stats.cpuset);
    write_memory(writer, stats.memory);
    write_pids(writer, stats.pids);
    write_io(writer, stats.io);
    write_hugetlb(writer, stats.hugetlb);
    writer.key("intel_rdt");
    writer.begin_object();
    writer.end_object();
    // Always null: crux does not create network interfaces of runc's kind.
    writer.key("network_interfaces");
    writer.null();
    writer.end_object();
    writer.end_object();
    return writer.take() + '\n';
}

std::string oom_event(std::string_view id) {
    JsonWriter writer;
    writer.begin_object();
    writer.member("type", "oom");
    writer.member("id", id);
    writer.end_object();
    return writer.take() + '\n';
}

}  // namespace crux::oci

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace crux::oci {

/// The time that tasks waited for a resource (Documentation/accounting/psi.rst).
struct Pressure {
    /// Averages over 10, 60 and 300 seconds in hundredths of a percent, and the total time.
    struct Line {
        std::uint64_t avg10 = 0;
        std::uint64_t avg60 = 0;
        std::uint64_t avg300 = 0;
        std::uint64_t total = 0;  ///< microseconds
        bool operator==(const Line&) const = default;
    };
    Line some;
    Line full;
    bool operator==(const Pressure&) const = default;
};

/// Times in nanoseconds.
struct CpuStats {
    std::uint64_t total = 0;
    std::uint64_t user = 0;
    std::uint64_t kernel = 0;
    std::vector<std::uint64_t> per_cpu;  ///< v1 only, like the next two
    std::vector<std::uint64_t> per_cpu_user;
    std::vector<std::uint64_t> per_cpu_kernel;
    std::uint64_t periods = 0;
    std::uint64_t throttled_periods = 0;
    std::uint64_t throttled_time = 0;
    std::optional<Pressure> pressure;
};

/// cpuset on v1 (v2 does not have these files, and the defaults remain).
struct CpusetStats {
    std::vector<std::uint16_t> cpus;
    std::vector<std::uint16_t> mems;
    std::uint64_t cpu_exclusive = 0;
    std::uint64_t mem_exclusive = 0;
    std::uint64_t mem_hardwall = 0;
    std::uint64_t memory_migrate = 0;
    std::uint64_t memory_spread_page = 0;
    std::uint64_t memory_spread_slab = 0;
    std::uint64_t memory_pressure = 0;
    std::uint64_t sched_load_balance = 0;
    std::int64_t sched_relax_domain_level = 0;
};

/// In bytes; "no limit" is the maximum value.
struct MemoryUsage {
    std::uint64_t usage = 0;
    std::uint64_t max = 0;  ///< the maximum so far; 0 if not recorded
    std::uint64_t limit = 0;
    std::uint64_t failures = 0;  ///< v1 only
    bool operator==(const MemoryUsage&) const = default;
};

struct MemoryStats {
    std::uint64_t cache = 0;
    MemoryUsage memory;
    MemoryUsage swap;  ///< memory plus swap, as on v1
    MemoryUsage kernel;
    MemoryUsage kernel_tcp;
    std::vector<std::pair<std::string, std::uint64_t>> raw;  ///< memory.stat, in the kernel's order
    std::optional<Pressure> pressure;
};

struct PidsStats {
    std::uint64_t current = 0;
    std::uint64_t limit = 0;  ///< 0: none
};

struct IoEntry {
    std::uint64_t major = 0;
    std::uint64_t minor = 0;
    std::string operation;  ///< "Read", "Write", …
    std::uint64_t value = 0;
    bool operator==(const IoEntry&) const = default;
};

/// The lists of v1; on v2 only the first two are set.
struct IoStats {
    std::vector<IoEntry> service_bytes;
    std::vector<IoEntry> serviced;
    std::vector<IoEntry> queued;
    std::vector<IoEntry> service_time;
    std::vector<IoEntry> wait_time;
    std::vector<IoEntry> merged;
    std::vector<IoEntry> time;
    std::vector<IoEntry> sectors;
    std::optional<Pressure> pressure;
};

struct HugetlbStats {
    std::string page_size;  ///< "2MB"
    std::uint64_t usage = 0;
    std::uint64_t max = 0;
    std::uint64_t failures = 0;
};

/// The resource usage of a container, for `events`. Values that the host does not provide are zero
/// or empty.
struct Stats {
    CpuStats cpu;
    CpusetStats cpuset;
    MemoryStats memory;
    PidsStats pids;
    IoStats io;
    std::vector<HugetlbStats> hugetlb;  ///< one for each page size of the host
};

}  // namespace crux::oci

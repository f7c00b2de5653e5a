#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/text.h"
#include "runtime/cgroup/dirs.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/stats.h"

/// For the statistics of this directory only.
namespace crux::cgroup {

inline constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

/// Reads the files of one directory. A file that cannot be read counts as missing: a missing number
/// must not prevent the report of the others.
class StatsReader {
 public:
    StatsReader() = default;
    StatsReader(const StatsReader&) = delete;
    StatsReader& operator=(const StatsReader&) = delete;
    virtual ~StatsReader() = default;

    /// The content, or nothing.
    [[nodiscard]] virtual std::string text(std::string_view file) const = 0;
    [[nodiscard]] virtual bool has(std::string_view file) const = 0;
    /// The huge page sizes of this host ("2MB", "1GB"), as cgroup file names contain them.
    [[nodiscard]] virtual std::vector<std::string> huge_page_sizes() const = 0;

    /// A number; "max" is the greatest, nothing is 0.
    [[nodiscard]] std::uint64_t number(std::string_view file) const {
        std::string content = text(file);
        std::string_view word = trimmed(content);
        if (word == "max") return kUnlimited;
        return to_number<std::uint64_t>(word).value_or(0);
    }
    [[nodiscard]] std::uint64_t number(std::string_view file, std::string_view key) const {
        return value_of_key(text(file), key).value_or(0);
    }
};

/// Adds what the directory's files contain. A pure function of these files. `alone`: the container
/// has no other directory.
void add_stats(const StatsReader& reader, const CgroupDir& dir, bool alone, Stats& stats);

void read_cpu_v1(const StatsReader& reader, CpuStats& stats);
void read_cpuacct_v1(const StatsReader& reader, CpuStats& stats);
void read_cpuset_v1(const StatsReader& reader, CpusetStats& stats);
void read_memory_v1(const StatsReader& reader, MemoryStats& stats);
void read_blkio_v1(const StatsReader& reader, IoStats& stats);
void read_hugetlb_v1(const StatsReader& reader, std::vector<HugetlbStats>& stats);
void read_pids(const StatsReader& reader, PidsStats& stats);

void read_cpu_v2(const StatsReader& reader, CpuStats& stats);
void read_memory_v2(const StatsReader& reader, MemoryStats& stats);
void read_io_v2(const StatsReader& reader, IoStats& stats);
void read_hugetlb_v2(const StatsReader& reader, std::vector<HugetlbStats>& stats);

/// The lines "KEY NUMBER" of memory.stat.
std::vector<std::pair<std::string, std::uint64_t>> parse_raw(std::string_view text);

}  // namespace crux::cgroup

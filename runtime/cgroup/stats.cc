#include "runtime/cgroup/stats.h"

#include <algorithm>

#include "runtime/cgroup/group.h"
#include "runtime/cgroup/stats_reader.h"
#include "runtime/sys/directory.h"

namespace crux::cgroup {

namespace {

/// "1.25" as hundredths.
std::uint64_t hundredths(std::string_view text) {
    std::size_t dot = text.find('.');
    std::string digits(text.substr(0, dot));
    std::string_view rest =
        dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
    for (std::size_t i = 0; i < 2; ++i) digits += i < rest.size() ? rest[i] : '0';
    return to_number<std::uint64_t>(digits).value_or(0);
}

Pressure::Line parse_pressure_line(std::string_view line) {
    Pressure::Line parsed;
    for (std::string_view word : split(line, ' ')) {
        std::size_t equals = word.find('=');
        if (equals == std::string_view::npos) continue;
        std::string_view key = word.substr(0, equals);
        std::string_view value = word.substr(equals + 1);
        if (key == "avg10") parsed.avg10 = hundredths(value);
        if (key == "avg60") parsed.avg60 = hundredths(value);
        if (key == "avg300") parsed.avg300 = hundredths(value);
        if (key == "total") parsed.total = to_number<std::uint64_t>(value).value_or(0);
    }
    return parsed;
}

std::optional<IoEntry> parse_io_entry(std::string_view line) {
    std::vector<std::string_view> words = split(line, ' ');
    if (words.size() != 2 && words.size() != 3) return std::nullopt;
    std::vector<std::string_view> device = split(words.front(), ':');
    if (device.size() != 2) return std::nullopt;
    auto major = to_number<std::uint64_t>(device[0]);
    auto minor = to_number<std::uint64_t>(device[1]);
    auto value = to_number<std::uint64_t>(words.back());
    if (!major || !minor || !value) return std::nullopt;
    return IoEntry{.major = *major,
                   .minor = *minor,
                   .operation = words.size() == 3 ? std::string(words[1]) : std::string(),
                   .value = *value};
}

/// A directory of /sys/kernel/mm/hugepages ("hugepages-2048kB") in the form that cgroup files use.
std::optional<std::string> page_size_of(std::string_view name) {
    constexpr std::string_view kPrefix = "hugepages-";
    constexpr std::string_view kUnit = "kB";
    constexpr std::uint64_t kStep = 1024;
    if (!name.starts_with(kPrefix) || !name.ends_with(kUnit)) return std::nullopt;
    name.remove_prefix(kPrefix.size());
    name.remove_suffix(kUnit.size());
    auto size = to_number<std::uint64_t>(name);
    if (!size) return std::nullopt;
    if (*size >= kStep * kStep) return cat(*size / (kStep * kStep), "GB");
    if (*size >= kStep) return cat(*size / kStep, "MB");
    return cat(*size, "KB");
}

/// The files of a directory of the host.
class DirectoryReader : public StatsReader {
 public:
    DirectoryReader(sys::FdRef base, const std::string& directory)
        : base_(base), directory_(directory) {}

    [[nodiscard]] std::string text(std::string_view file) const override {
        return read_list(base_, cat(directory_, "/", file)).value_or(std::string());
    }
    [[nodiscard]] bool has(std::string_view file) const override {
        return sys::faccessat(base_, cat(directory_, "/", file), F_OK).has_value();
    }
    [[nodiscard]] std::vector<std::string> huge_page_sizes() const override {
        std::vector<std::string> sizes;
        auto directory =
            sys::openat(sys::FdRef::cwd(), "/sys/kernel/mm/hugepages", O_RDONLY | O_DIRECTORY);
        if (!directory) return sizes;
        (void)sys::for_each_entry(*directory, [&](sys::Entry entry) {
            std::optional<std::string> size = page_size_of(entry.name);
            if (size) sizes.push_back(std::move(*size));
        });
        std::ranges::sort(sizes);
        return sizes;
    }

 private:
    sys::FdRef base_;
    const std::string& directory_;
};

}  // namespace

std::optional<Pressure> parse_pressure(std::string_view text) {
    Pressure pressure;
    bool found = false;
    for (std::string_view line : split(text, '\n')) {
        if (line.starts_with("some ")) pressure.some = parse_pressure_line(line);
        if (line.starts_with("full ")) pressure.full = parse_pressure_line(line);
        found = found || line.starts_with("some ");
    }
    if (!found) return std::nullopt;
    return pressure;
}

std::vector<IoEntry> parse_io_entries(std::string_view text) {
    std::vector<IoEntry> entries;
    for (std::string_view line : split(text, '\n')) {
        std::optional<IoEntry> entry = parse_io_entry(line);
        if (entry) entries.push_back(std::move(*entry));
    }
    return entries;
}

std::vector<std::uint16_t> parse_set(std::string_view text) {
    std::vector<std::uint16_t> members;
    for (std::string_view range : split(trimmed(text), ',')) {
        std::vector<std::string_view> ends = split(range, '-');
        auto first = to_number<std::uint16_t>(ends.front());
        auto last = to_number<std::uint16_t>(ends.back());
        if (!first || !last) continue;
        // The kernel's lists ascend, so that there are at most as many members as numbers.
        if (!members.empty() && *first <= members.back()) continue;
        for (std::uint32_t member = *first; member <= *last; ++member)
            members.push_back(static_cast<std::uint16_t>(member));
    }
    return members;
}

std::vector<std::pair<std::string, std::uint64_t>> parse_raw(std::string_view text) {
    std::vector<std::pair<std::string, std::uint64_t>> raw;
    for (std::string_view line : split(text, '\n')) {
        std::size_t blank = line.find(' ');
        if (blank == std::string_view::npos) continue;
        auto value = to_number<std::uint64_t>(line.substr(blank + 1));
        if (value) raw.emplace_back(line.substr(0, blank), *value);
    }
    return raw;
}

void read_pids(const StatsReader& reader, PidsStats& stats) {
    stats.current = reader.number("pids.current");
    std::uint64_t limit = reader.number("pids.max");
    stats.limit = limit == kUnlimited ? 0 : limit;
}

void add_stats(const StatsReader& reader, const CgroupDir& dir, bool alone, Stats& stats) {
    if (dir.has("pids")) read_pids(reader, stats.pids);
    if (dir.version == 2) {
        // cpu.stat and the pressure files exist without any controller.
        if (alone || dir.has("cpu")) read_cpu_v2(reader, stats.cpu);
        if (dir.has("memory")) read_memory_v2(reader, stats.memory);
        if (dir.has("io")) read_io_v2(reader, stats.io);
        if (dir.has("hugetlb")) read_hugetlb_v2(reader, stats.hugetlb);
        return;
    }
    if (dir.has("cpu")) read_cpu_v1(reader, stats.cpu);
    if (dir.has("cpuacct")) read_cpuacct_v1(reader, stats.cpu);
    if (dir.has("cpuset")) read_cpuset_v1(reader, stats.cpuset);
    if (dir.has("memory")) read_memory_v1(reader, stats.memory);
    if (dir.has("blkio")) read_blkio_v1(reader, stats.io);
    if (dir.has("hugetlb")) read_hugetlb_v1(reader, stats.hugetlb);
}

Stats Group::stats() const {
    Stats stats;
    for (std::size_t i = 0; i < dirs_.size(); ++i)
        add_stats(DirectoryReader(base_, names_[i]), dirs_[i], dirs_.size() == 1, stats);
    return stats;
}

}  // namespace crux::cgroup

#include "runtime/systemd/properties.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "runtime/base/text.h"

namespace crux::systemd {

namespace {

using cgroup::Setting;

/// The value for "no limit" in systemd's properties.
constexpr std::uint64_t kInfinity = ~std::uint64_t{0};

/// A number of a cgroup file; "max" and negative numbers mean no limit.
std::optional<std::uint64_t> limit_of(std::string_view text) {
    if (text == "max" || text.starts_with('-')) return kInfinity;
    return to_number<std::uint64_t>(text);
}

/// Files that hold one number, and their properties.
struct NumberRow {
    std::string_view file;
    std::string_view property;
};
constexpr NumberRow kNumbers[] = {
    {"cpu.weight", "CPUWeight"},
    {"memory.max", "MemoryMax"},
    {"memory.high", "MemoryHigh"},
    {"memory.low", "MemoryLow"},
    {"memory.min", "MemoryMin"},
    {"memory.swap.max", "MemorySwapMax"},
    {"pids.max", "TasksMax"},
    // Version 1.
    {"cpu.shares", "CPUShares"},
    {"memory.limit_in_bytes", "MemoryLimit"},
    {"blkio.weight", "BlockIOWeight"},
};

/// The processor time of a period. systemd stores whole percents, so the value is rounded up: its
/// limit must not be smaller than the configured one.
struct Bandwidth {
    static constexpr std::uint64_t kSecond = 1'000'000;
    std::uint64_t quota = kInfinity;
    std::uint64_t period = 100'000;
    bool given = false;

    /// The time in each second; nothing without a quota or if systemd cannot store it.
    [[nodiscard]] std::optional<std::uint64_t> each_second() const {
        constexpr std::uint64_t kPercent = 10'000;
        if (period == 0 || quota > (kInfinity - kPercent) / kSecond) return std::nullopt;
        return (quota * kSecond / period + kPercent - 1) / kPercent * kPercent;
    }
    /// The quota for a period.
    [[nodiscard]] std::uint64_t rounded() const {
        const auto time = each_second();
        return time ? std::max(quota, *time * period / kSecond) : quota;
    }

    void take(const Setting& setting) {
        if (setting.file == "cpu.max") {
            const auto words = split(setting.value, ' ');
            quota = limit_of(words[0]).value_or(kInfinity);
            if (words.size() > 1) period = limit_of(words[1]).value_or(period);
        } else if (setting.file == "cpu.cfs_quota_us") {
            quota = limit_of(setting.value).value_or(kInfinity);
        } else if (setting.file == "cpu.cfs_period_us") {
            period = limit_of(setting.value).value_or(period);
        } else {
            return;
        }
        given = true;
    }

    void add_to(std::vector<Property>& out) const {
        if (!given || period == 0) return;
        out.push_back({"CPUQuotaPerSecUSec", cat("t ", each_second().value_or(kInfinity))});
        out.push_back({"CPUQuotaPeriodUSec", cat("t ", period)});
    }
};

/// "0-2,5" as a bit set in bytes, the lowest first.
std::optional<std::string> bits_of(std::string_view list) {
    std::vector<std::pair<unsigned, unsigned>> ranges;
    for (const std::string_view piece : split(list, ',')) {
        const std::size_t dash = piece.find('-');
        const auto first = to_number<unsigned>(piece.substr(0, dash));
        const auto last =
            dash == std::string_view::npos ? first : to_number<unsigned>(piece.substr(dash + 1));
        constexpr unsigned kMost = 1U << 16U;
        if (!first || !last || *last < *first || *last >= kMost) return std::nullopt;
        ranges.emplace_back(*first, *last);
    }
    // In order, so that each bit is set once, however many ranges contain it.
    std::ranges::sort(ranges);
    constexpr unsigned kBits = 8;
    std::vector<unsigned> bytes;
    unsigned done = 0;
    for (const auto& [first, last] : ranges) {
        if (bytes.size() <= last / kBits) bytes.resize((last / kBits) + 1);
        for (unsigned bit = std::max(first, done); bit <= last; ++bit)
            bytes[bit / kBits] |= 1U << (bit % kBits);
        done = std::max(done, last + 1);
    }
    std::string out = cat("ay ", bytes.size());
    for (const unsigned byte : bytes) out += cat(' ', byte);
    return out;
}

void add_set(const Setting& setting, std::vector<Property>& out) {
    const bool cpus = setting.file == "cpuset.cpus";
    if (!cpus && setting.file != "cpuset.mems") return;
    if (auto bits = bits_of(setting.value))
        out.push_back({cpus ? "AllowedCPUs" : "AllowedMemoryNodes", *bits});
}

/// A line of io.max: "8:0 rbps=1048576 wiops=max".
void add_throttles(const Setting& setting, std::vector<Property>& out) {
    if (setting.file != "io.max") return;
    static constexpr std::pair<std::string_view, std::string_view> kKeys[] = {
        {"rbps", "IOReadBandwidthMax"},
        {"wbps", "IOWriteBandwidthMax"},
        {"riops", "IOReadIOPSMax"},
        {"wiops", "IOWriteIOPSMax"}};
    const auto words = split(setting.value, ' ');
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::size_t equals = words[i].find('=');
        if (equals == std::string_view::npos) continue;
        const auto limit = limit_of(words[i].substr(equals + 1));
        for (const auto& [key, property] : kKeys)
            if (limit && words[i].substr(0, equals) == key)
                out.push_back(
                    {std::string(property), cat("a(st) 1 /dev/block/", words[0], ' ', *limit)});
    }
}

/// "default 100" or a bare number for all devices, "8:0 100" for one.
void add_weight(const Setting& setting, std::vector<Property>& out) {
    if (setting.file != "io.weight") return;
    const auto words = split(setting.value, ' ');
    const auto weight = to_number<std::uint64_t>(words.back());
    if (!weight) return;
    if (words.size() == 1 || words[0] == "default")
        out.push_back({"IOWeight", cat("t ", *weight)});
    else
        out.push_back({"IODeviceWeight", cat("a(st) 1 /dev/block/", words[0], ' ', *weight)});
}

/// The device of a v1 line ("c 1:3 rwm") in the form of systemd.resource-control(5); a major number
/// alone is also the name of a group.
std::string device_name(std::string_view type, std::string_view numbers) {
    const std::string_view kind = type == "b" ? "block" : "char";
    const std::size_t colon = numbers.find(':');
    if (numbers.substr(colon + 1) == "*") return cat(kind, '-', numbers.substr(0, colon));
    return cat("/dev/", kind, '/', numbers);
}

/// systemd writes an idle cgroup as a weight of 0 (252), and the default weight as all ones. The
/// last of these settings applies.
void add_idle(const Setting& setting, std::vector<Property>& out) {
    if (setting.file != "cpu.idle") return;
    out.push_back({"CPUWeight", cat("t ", setting.value == "1" ? 0 : kInfinity)});
}

/// The devices of v1's lines, which systemd writes again together with the other files of the unit.
struct DeviceList {
    struct Entry {
        std::string name;
        std::string access;
    };
    bool given = false;
    bool all = false;
    std::vector<Entry> entries;

    void take(const Setting& setting) {
        const bool allow = setting.file == "devices.allow";
        if (!allow && setting.file != "devices.deny") return;
        given = true;
        const auto words = split(setting.value, ' ');
        constexpr std::size_t kWords = 3;
        if (words[0] == "a") {
            all = allow;
            entries.clear();
        } else if (words.size() == kWords) {
            const std::string name = device_name(words[0], words[1]);
            if (allow)
                entries.push_back({name, std::string(words[2])});
            else
                take_away(name, words[2]);
        }
    }

    void take_away(std::string_view name, std::string_view access) {
        for (Entry& entry : entries)
            if (entry.name == name)
                std::erase_if(entry.access, [&](char letter) {
                    return access.find(letter) != std::string_view::npos;
                });
        std::erase_if(entries, [](const Entry& entry) { return entry.access.empty(); });
    }

    void add_to(std::vector<Property>& out) const {
        if (!given) return;
        out.push_back({"DevicePolicy", all ? "s auto" : "s strict"});
        // A list is appended to the present one; an empty list clears it.
        out.push_back({"DeviceAllow", "a(ss) 0"});
        if (all || entries.empty()) return;
        std::string list = cat("a(ss) ", entries.size());
        for (const Entry& entry : entries) list += cat(' ', entry.name, ' ', entry.access);
        out.push_back({"DeviceAllow", std::move(list)});
    }
};

}  // namespace

std::string escaped(std::string_view text) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        constexpr unsigned char kDelete = 0x7F;
        if (byte > ' ' && byte != '%' && byte != kDelete) {
            out += letter;
            continue;
        }
        constexpr unsigned kHalf = 4;
        out += '%';
        out += kDigits[byte >> kHalf];
        out += kDigits[byte & 15U];
    }
    return out;
}

void round_up_quota(std::vector<Setting>& settings) {
    Bandwidth bandwidth;
    for (const Setting& setting : settings) bandwidth.take(setting);
    if (!bandwidth.each_second()) return;
    for (Setting& setting : settings) {
        if (setting.file == "cpu.cfs_quota_us") setting.value = cat(bandwidth.rounded());
        if (setting.file != "cpu.max") continue;
        const std::size_t blank = std::min(setting.value.find(' '), setting.value.size());
        setting.value = cat(bandwidth.rounded(), setting.value.substr(blank));
    }
}

std::vector<Property> limit_properties(std::span<const Setting> settings) {
    std::vector<Property> out;
    Bandwidth bandwidth;
    DeviceList devices;
    for (const Setting& setting : settings) {
        for (const NumberRow& row : kNumbers)
            if (setting.file == row.file)
                if (const auto limit = limit_of(setting.value))
                    out.push_back({std::string(row.property), cat("t ", *limit)});
        bandwidth.take(setting);
        devices.take(setting);
        add_set(setting, out);
        add_throttles(setting, out);
        add_weight(setting, out);
        add_idle(setting, out);
    }
    bandwidth.add_to(out);
    devices.add_to(out);
    return out;
}

}  // namespace crux::systemd

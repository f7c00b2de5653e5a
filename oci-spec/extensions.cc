#include "oci-spec/extensions.h"

#include <algorithm>
#include <array>
#include <span>

#include "oci-spec/parsers.h"
#include "runtime/base/text.h"

namespace crux::oci {

namespace {

// LANDLOCK_ACCESS_FS_* of linux/landlock.h.
constexpr auto kRights = std::array{
    LandlockRight{"execute", 1U << 0U, 1},    LandlockRight{"write_file", 1U << 1U, 1},
    LandlockRight{"read_file", 1U << 2U, 1},  LandlockRight{"read_dir", 1U << 3U, 1},
    LandlockRight{"remove_dir", 1U << 4U, 1}, LandlockRight{"remove_file", 1U << 5U, 1},
    LandlockRight{"make_char", 1U << 6U, 1},  LandlockRight{"make_dir", 1U << 7U, 1},
    LandlockRight{"make_reg", 1U << 8U, 1},   LandlockRight{"make_sock", 1U << 9U, 1},
    LandlockRight{"make_fifo", 1U << 10U, 1}, LandlockRight{"make_block", 1U << 11U, 1},
    LandlockRight{"make_sym", 1U << 12U, 1},  LandlockRight{"refer", 1U << 13U, 2},
    LandlockRight{"truncate", 1U << 14U, 3},  LandlockRight{"ioctl_dev", 1U << 15U, 5},
};

/// Several rights under one name; only those of the requested ABI version are used.
struct Group {
    std::string_view name;
    std::uint64_t bits;
};
constexpr auto kGroups = std::array{
    Group{"read", 0x000c},    // read_file, read_dir
    Group{"write", 0x4002},   // write_file, truncate
    Group{"remove", 0x0030},  // remove_dir, remove_file
    Group{"create", 0x1780},  // make_dir, make_reg, make_sock, make_fifo, make_sym
    Group{"all", 0xffff},
};

constexpr int kHighestAbi = 5;

std::uint64_t rights_of(int abi) {
    std::uint64_t all = 0;
    for (const LandlockRight& right : kRights)
        if (right.abi <= abi) all |= right.bit;
    return all;
}

std::uint64_t right_bits(std::string_view name, const Landlock& wanted, std::string& fault) {
    for (const Group& group : kGroups)
        if (group.name == name) return group.bits & wanted.handled;
    for (const LandlockRight& right : kRights) {
        if (right.name != name) continue;
        if (right.abi > wanted.abi)
            fault = cat("the right ", quoted(name), " requires the entry \"abi=", right.abi, '"');
        return right.bit;
    }
    if (!fault.empty()) return 0;
    std::vector<std::string_view> names = names_in(kRights);
    for (const Group& group : kGroups) names.push_back(group.name);
    fault = cat("unknown Landlock right ", quoted(name), did_you_mean(name, names));
    return 0;
}

LandlockRule parse_rule(std::string_view entry, const Landlock& wanted, std::string& fault) {
    LandlockRule rule;
    const std::size_t colon = entry.find(':');
    if (colon == std::string_view::npos) {
        fault = cat("expected RIGHTS:PATH, not ", quoted(entry));
        return rule;
    }
    for (const std::string_view name : split(entry.substr(0, colon), ','))
        rule.access |= right_bits(trimmed(name), wanted, fault);
    rule.path = trimmed(entry.substr(colon + 1));
    if (!rule.path.starts_with('/'))
        fault = cat("must contain an absolute path, not ", quoted(rule.path));
    return rule;
}

int parse_abi(std::string_view text, std::string& fault) {
    const auto number = to_number<int>(text);
    if (number && *number >= 1 && *number <= kHighestAbi) return *number;
    fault = cat("the ABI version must be from 1 to ", kHighestAbi, ", not ", quoted(text));
    return kLandlockDefaultAbi;
}

std::vector<std::string_view> entries_of(std::string_view text) {
    std::vector<std::string_view> out;
    for (const std::string_view entry : split(text, ';'))
        if (const std::string_view inner = trimmed(entry); !inner.empty()) out.push_back(inner);
    return out;
}

/// Whether the annotation has its only valid value.
bool is_word(std::string_view text, std::string_view word, std::string& fault) {
    if (text != word) fault = cat("must be ", quoted(word), ", not ", quoted(text));
    return text == word;
}

}  // namespace

std::span<const LandlockRight> landlock_rights() {
    return kRights;
}

std::string_view landlock_kernel(int abi) {
    constexpr std::array<std::string_view, 5> kKernels = {"5.13", "5.19", "6.2", "6.7", "6.10"};
    return kKernels[static_cast<std::size_t>(std::clamp(abi, 1, kHighestAbi)) - 1];
}

Landlock parse_landlock(std::string_view text, std::string& fault) {
    constexpr std::string_view kAbi = "abi=";
    Landlock out;
    out.abi = kLandlockDefaultAbi;
    const std::vector<std::string_view> entries = entries_of(text);
    for (const std::string_view entry : entries)
        if (entry.starts_with(kAbi)) out.abi = parse_abi(entry.substr(kAbi.size()), fault);
    out.handled = rights_of(out.abi);
    for (const std::string_view entry : entries)
        if (!entry.starts_with(kAbi)) out.rules.push_back(parse_rule(entry, out, fault));
    if (out.rules.empty() && fault.empty())
        fault = "must contain at least one RIGHTS:PATH, or no file would be accessible";
    return out;
}

namespace {

/// crun's annotations without which the container would be another one, or less confined: a plain
/// container must not run in its place.
constexpr auto kRefused =
    std::array<std::string_view, 4>{"run.oci.handler", "run.oci.seccomp.receiver",
                                    "run.oci.seccomp.plugins", "run.oci.seccomp_bpf_data"};

void read_crun(std::string_view key, const Reader& value, Extensions& out) {
    if (key == kKeepGroupsAnnotation)
        out.keep_groups = true;
    else if (key == kUnknownCallsAnnotation)
        out.refuse_unknown_calls = true;
    else if (std::ranges::find(kRefused, key) != kRefused.end())
        value.error("is an annotation of crun that crux does not support");
    else if (key != kSubgroupAnnotation)
        value.warn("is an annotation of crun that crux does not support, ignored");
}

}  // namespace

Extensions read_extensions(const StringMap& annotations, const Reader& r) {
    Extensions out;
    for (const auto& [key, value] : annotations) {
        std::string fault;
        if (key == kLandlockAnnotation)
            out.landlock = parse_landlock(value, fault);
        else if (key == kCoreSchedulingAnnotation)
            out.core_scheduling = is_word(value, "own", fault);
        else if (key == kRootIdmapAnnotation)
            out.root_idmap = is_word(value, "container", fault);
        else if (key.starts_with(kCrunAnnotations))
            read_crun(key, r[key], out);
        else if (key.starts_with(kOurAnnotations) && !r.has_room(Severity::warning))
            r.warn({});
        else if (key.starts_with(kOurAnnotations))
            r[key].warn(
                cat("is not a known annotation of crux, ignored",
                    did_you_mean(key, std::array{kLandlockAnnotation, kCoreSchedulingAnnotation,
                                                 kRootIdmapAnnotation})));
        if (!fault.empty()) r[key].error(fault);
    }
    return out;
}

}  // namespace crux::oci

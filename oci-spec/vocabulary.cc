#include "oci-spec/vocabulary.h"

#include "runtime/base/text.h"

namespace crux::oci {

namespace {

std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// The number after "RTMIN+" or "RTMAX-"; 0 without one.
std::optional<int> offset_from(std::string_view rest, char sign) {
    if (rest.empty()) return 0;
    if (rest[0] != sign || rest.size() < 2 || !is_digit(rest[1])) return std::nullopt;
    return to_number<int>(rest.substr(1));
}

std::optional<int> realtime_signal(std::string_view name) {
    constexpr std::string_view kMin = "SIGRTMIN";
    constexpr std::string_view kMax = "SIGRTMAX";
    std::optional<int> number;
    if (name.starts_with(kMin)) {
        if (const auto offset = offset_from(name.substr(kMin.size()), '+'))
            number = kSignalRealtimeMin + std::min(*offset, kSignalMax);
    } else if (name.starts_with(kMax)) {
        if (const auto offset = offset_from(name.substr(kMax.size()), '-'))
            number = kSignalMax - std::min(*offset, kSignalMax);
    }
    if (number && (*number < kSignalRealtimeMin || *number > kSignalMax)) return std::nullopt;
    return number;
}

}  // namespace

std::string mount_option_suggestion(std::string_view text) {
    std::vector<std::string_view> names = names_in(kMountOptions);
    for (const PropagationWord& word : kPropagations) names.push_back(word.name);
    return did_you_mean(text, names);
}

std::string capability_suggestion(std::string_view text) {
    const std::vector<std::string> names = capability::all_names();
    return did_you_mean(text, views_of(names));
}

std::string signal_suggestion(std::string_view text) {
    constexpr std::string_view kPrefix = "SIG";
    std::vector<std::string_view> names = names_in(kSignals);
    names.insert(names.end(), {"SIGRTMIN", "SIGRTMAX"});
    // With or without the prefix, as in the text.
    if (!upper(text.substr(0, kPrefix.size())).starts_with(kPrefix))
        for (std::string_view& name : names) name.remove_prefix(kPrefix.size());
    return did_you_mean(text, names);
}

std::optional<int> parse_signal(std::string_view text) {
    if (text.empty()) return std::nullopt;
    if (std::ranges::all_of(text, is_digit)) {
        const auto number = to_number<int>(text);
        if (!number || *number > kSignalMax) return std::nullopt;
        return number;
    }
    std::string name = upper(text);
    if (!name.starts_with("SIG")) name.insert(0, "SIG");
    if (const auto number = value_of(kSignals, name)) return number;
    return realtime_signal(name);
}

std::optional<Ranges> parse_ranges(std::string_view text) {
    // Far above the size of any machine, and small enough for a bit mask.
    constexpr std::uint32_t kLimit = 1U << 20U;
    Ranges ranges;
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text.empty()) return ranges;
    for (const std::string_view piece : split(text, ',')) {
        const std::size_t dash = piece.find('-');
        const auto first = to_number<std::uint32_t>(piece.substr(0, dash));
        const auto last = dash == std::string_view::npos
                              ? first
                              : to_number<std::uint32_t>(piece.substr(dash + 1));
        if (!first || !last || *last < *first || *last > kLimit) return std::nullopt;
        ranges.push_back({*first, *last});
    }
    return ranges;
}

std::string ranges_text(const Ranges& ranges) {
    std::string out;
    for (const Range& range : ranges) {
        if (!out.empty()) out += ',';
        out += cat(range.first);
        if (range.last != range.first) out += cat('-', range.last);
    }
    return out;
}

}  // namespace crux::oci

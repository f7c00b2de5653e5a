#include "cmd/crux/sizes.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "runtime/base/text.h"

namespace crux::cmd {

namespace {

constexpr std::string_view kDigits = "0123456789";

/// Adds `value` units to the sum; false on overflow.
bool add(std::int64_t& sum, std::int64_t value, std::int64_t unit) {
    std::int64_t product = 0;
    return !__builtin_mul_overflow(value, unit, &product) &&
           !__builtin_add_overflow(sum, product, &sum);
}

/// Digits with at most one decimal point, times the unit, rounded down; nullopt for other text and
/// on overflow.
std::optional<std::int64_t> times(std::string_view number, std::int64_t unit) {
    const std::size_t point = number.find('.');
    const std::string_view whole = number.substr(0, point);
    const std::string_view rest = point == std::string_view::npos ? "" : number.substr(point + 1);
    if (whole.empty() && rest.empty()) return std::nullopt;
    if (rest.find_first_not_of(kDigits) != std::string_view::npos) return std::nullopt;
    const auto units = to_number<std::uint64_t>(whole.empty() ? "0" : whole);
    if (!units || *units > INT64_MAX) return std::nullopt;
    double fraction = 0;
    double scale = 1;
    for (const char digit : rest) {
        scale /= 10;
        fraction += (digit - '0') * scale;
    }
    auto size = static_cast<std::int64_t>(fraction * static_cast<double>(unit));
    if (!add(size, static_cast<std::int64_t>(*units), unit)) return std::nullopt;
    return size;
}

/// The power of 1024 that the suffix stands for; 0 if the suffix is invalid.
std::int64_t unit_of(std::string_view suffix) {
    constexpr std::string_view kSteps = "bkmgtp";
    if (suffix.empty()) return 1;
    std::string lower;
    for (const char c : suffix) lower += (c >= 'A' && c <= 'Z') ? static_cast<char>(c + 32) : c;
    const std::size_t step = kSteps.find(lower[0]);
    if (step == std::string_view::npos) return 0;
    const std::string_view rest = std::string_view(lower).substr(1);
    const bool is_plain = rest.empty() || (step > 0 && (rest == "b" || rest == "ib"));
    return is_plain ? std::int64_t{1} << (10 * step) : 0;
}

struct Unit {
    std::string_view name;
    std::int64_t nanoseconds;
};
constexpr auto kUnits = std::array{
    Unit{"ns", 1},
    Unit{"us", 1'000},
    Unit{"µs", 1'000},
    Unit{"ms", 1'000'000},
    Unit{"s", 1'000'000'000},
    Unit{"m", 60'000'000'000},
    Unit{"h", 3'600'000'000'000},
};

std::int64_t nanoseconds_of(std::string_view name) {
    for (const Unit& unit : kUnits)
        if (unit.name == name) return unit.nanoseconds;
    return 0;
}

std::unexpected<Error> wrong_duration(std::string_view text) {
    return fail(Error::Kind::usage, cat("invalid duration ", quoted(text)));
}

}  // namespace

Result<std::int64_t> parse_size(std::string_view text) {
    const auto wrong = [&] { return fail(Error::Kind::usage, cat("invalid size: '", text, "'")); };
    const std::size_t last = text.find_last_of("0123456789. ");
    if (last == std::string_view::npos) return wrong();
    const std::size_t end = text[last] == ' ' ? last : last + 1;
    const std::int64_t unit = unit_of(text.substr(last + 1));
    const auto size = times(text.substr(0, end), unit);
    if (unit == 0 || !size) return wrong();
    return *size;
}

Result<std::int64_t> parse_duration(std::string_view text) {
    std::string_view rest = text;
    const bool negative = rest.starts_with('-');
    if (negative || rest.starts_with('+')) rest.remove_prefix(1);
    if (rest == "0") return 0;
    if (rest.empty()) return wrong_duration(text);
    std::int64_t nanoseconds = 0;
    while (!rest.empty()) {
        const std::size_t digits = std::min(rest.find_first_not_of("0123456789."), rest.size());
        const std::string_view number = rest.substr(0, digits);
        rest.remove_prefix(digits);
        const std::size_t letters = std::min(rest.find_first_of("0123456789."), rest.size());
        const std::int64_t unit = nanoseconds_of(rest.substr(0, letters));
        rest.remove_prefix(letters);
        const auto part = times(number, unit);
        if (unit == 0 || !part || !add(nanoseconds, *part, 1)) return wrong_duration(text);
    }
    constexpr std::int64_t kMillisecond = 1'000'000;
    const std::int64_t milliseconds =
        (nanoseconds / kMillisecond) + (nanoseconds > 0 && nanoseconds < kMillisecond ? 1 : 0);
    return negative ? -milliseconds : milliseconds;
}

}  // namespace crux::cmd

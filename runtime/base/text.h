#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crux {

namespace detail {
inline void append(std::string& out, std::string_view part) {
    out += part;
}
inline void append(std::string& out, char part) {
    out += part;
}
template <std::integral Number>
    requires(!std::same_as<Number, char> && !std::same_as<Number, bool>)
void append(std::string& out, Number part) {
    out += std::to_string(part);
}
}  // namespace detail

/// Joins texts, characters and integers (in decimal) into one string.
template <class... Parts>
std::string cat(const Parts&... parts) {
    std::string out;
    (detail::append(out, parts), ...);
    return out;
}

/// The length of the UTF-8 sequence at the front, or 0 if there is none (RFC 3629, section 4).
std::size_t utf8_length(std::string_view text);

/// The text in double quotes. Quotes, backslashes, control characters and bytes that are not valid
/// UTF-8 are escaped as by Go's %q.
std::string quoted(std::string_view text);

/// The text on one line: control characters (also those of Unicode that end a line or change the
/// direction of text) and bytes that are not valid UTF-8 are escaped as by quoted(). Text of others
/// must not control a terminal or forge an entry of a log.
std::string one_line(std::string_view text);

/// The maximum length of a message, in bytes.
inline constexpr std::size_t kMessageMax = 4096;

/// The text, or if it is longer than `most`, its beginning and the number of bytes that are left
/// out.
std::string shortened(std::string_view text, std::size_t most = kMessageMax);

/// The whole text as a number in the given base, or nothing: no sign for unsigned types, no blanks,
/// no trailing characters, no overflow (rule R8).
template <std::integral Number>
std::optional<Number> to_number(std::string_view text, int base = 10) {
    Number value{};
    const char* end = text.data() + text.size();
    auto [rest, error] = std::from_chars(text.data(), end, value, base);
    if (error != std::errc{} || rest != end || text.empty()) return std::nullopt;
    return value;
}

/// The pieces between the separators; empty pieces are kept, so "a,,b" gives three.
std::vector<std::string_view> split(std::string_view text, char separator);

/// The pieces with the separator between them.
std::string join(const std::vector<std::string>& pieces, std::string_view separator);

/// The text without leading and trailing blanks, tabs and line ends.
std::string_view trimmed(std::string_view text);

}  // namespace crux

#include "runtime/base/text.h"

namespace crux {

std::size_t utf8_length(std::string_view text) {
    if (text.empty()) return 0;
    const auto byte = [&](std::size_t at) -> unsigned {
        return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    const auto continues = [&](std::size_t at) { return (byte(at) & 0xc0U) == 0x80U; };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
        if (first == 0xe0 && byte(1) < 0xa0) return 0;
        if (first == 0xed && byte(1) > 0x9f) return 0;  // surrogates
        return continues(1) && continues(2) ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        if (first == 0xf0 && byte(1) < 0x90) return 0;
        if (first == 0xf4 && byte(1) > 0x8f) return 0;
        return continues(1) && continues(2) && continues(3) ? 4 : 0;
    }
    return 0;
}

namespace {

constexpr std::string_view kHex = "0123456789abcdef";

/// The code point of a whole UTF-8 sequence.
char32_t code_point(std::string_view sequence) {
    constexpr unsigned kBits = 6;
    const auto first = static_cast<unsigned char>(sequence.front());
    if (sequence.size() == 1) return first;
    char32_t value = first & (0x7fU >> sequence.size());
    for (const char c : sequence.substr(1))
        value = value << kBits | (static_cast<unsigned char>(c) & 0x3fU);
    return value;
}

/// Line separators and marks that change the direction of text, which a terminal obeys as it obeys
/// the controls of ASCII and of ISO 6429 (C1).
bool is_control(char32_t point) {
    const bool is_c1 = point >= 0x7f && point < 0xa0;
    const bool is_mark = point == 0x61c || point == 0x200e || point == 0x200f ||
                         (point >= 0x2028 && point <= 0x202e) ||
                         (point >= 0x2066 && point <= 0x2069);
    return point < 0x20 || is_c1 || is_mark;
}

void append_byte(std::string& out, char c) {
    const auto byte = static_cast<unsigned char>(c);
    out += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 15U]};
}

void append_control(std::string& out, char32_t point) {
    if (point == U'\n')
        out += "\\n";
    else if (point == U'\t')
        out += "\\t";
    else if (point == U'\r')
        out += "\\r";
    else if (point < 0x80)
        append_byte(out, static_cast<char>(point));
    else
        out += {'\\',
                'u',
                kHex[point >> 12U & 15U],
                kHex[point >> 8U & 15U],
                kHex[point >> 4U & 15U],
                kHex[point & 15U]};
}

enum class Quotes : bool { keep, escape };

/// Appends the first character, escaped if it must be, and removes it from the text.
void take_character(std::string& out, std::string_view& text, Quotes quotes) {
    const std::size_t length = utf8_length(text);
    const std::string_view sequence = text.substr(0, length);
    if (length == 0)
        append_byte(out, text.front());
    else if (const char32_t point = code_point(sequence); is_control(point))
        append_control(out, point);
    else if (quotes == Quotes::escape && (point == U'"' || point == U'\\'))
        out += {'\\', text.front()};
    else
        out += sequence;
    text.remove_prefix(length == 0 ? 1 : length);
}

}  // namespace

std::string quoted(std::string_view text) {
    std::string out = "\"";
    while (!text.empty()) take_character(out, text, Quotes::escape);
    return out + '"';
}

std::string one_line(std::string_view text) {
    std::string out;
    while (!text.empty()) take_character(out, text, Quotes::keep);
    return out;
}

std::string shortened(std::string_view text, std::size_t most) {
    if (text.size() <= most) return std::string(text);
    constexpr std::size_t kNote = 48;  // more than the note below
    std::size_t kept = most > kNote ? most - kNote : 0;
    // Not in the middle of a character.
    while (kept > 0 && (static_cast<unsigned char>(text[kept]) & 0xc0U) == 0x80U) --kept;
    return cat(text.substr(0, kept), " ... (", text.size() - kept, " more bytes)");
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> pieces;
    for (;;) {
        const std::size_t end = text.find(separator);
        pieces.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return pieces;
        text.remove_prefix(end + 1);
    }
}

std::string join(const std::vector<std::string>& pieces, std::string_view separator) {
    std::string out;
    for (const std::string& piece : pieces) {
        if (!out.empty() || &piece != &pieces.front()) out += separator;
        out += piece;
    }
    return out;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace crux

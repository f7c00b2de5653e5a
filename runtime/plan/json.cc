#include "runtime/plan/json.h"

#include <cstdint>

namespace crux::plan {

namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

/// The length of the UTF-8 sequence at the front, or 0 when there is none (RFC 3629, 4).
std::size_t sequence_length(std::string_view text) {
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

}  // namespace

std::string json_string(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 2);
    out += '"';
    while (!text.empty()) {
        const std::size_t length = sequence_length(text);
        const auto byte = static_cast<unsigned char>(text.front());
        if (length == 0)
            out += kReplacement;
        else if (byte == '"' || byte == '\\')
            (out += '\\') += text.front();
        else if (byte == '\n')
            out += "\\n";
        else if (byte == '\t')
            out += "\\t";
        else if (byte < 0x20 || byte == 0x7f)
            ((out += "\\u00") += kHex[byte >> 4U]) += kHex[byte & 15U];
        else
            out += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out += '"';
}

void JsonWriter::next() {
    if (!first_) out_ += ',';
    if (depth_ != 0) {
        out_ += '\n';
        out_.append(2 * depth_, ' ');
    }
    first_ = false;
}

void JsonWriter::open(char bracket) {
    next();
    out_ += bracket;
    ++depth_;
    first_ = true;
}

void JsonWriter::open(std::string_view key, char bracket) {
    raw(key, std::string_view(&bracket, 1));
    ++depth_;
    first_ = true;
}

void JsonWriter::close(char bracket) {
    --depth_;
    if (!first_) {
        out_ += '\n';
        out_.append(2 * depth_, ' ');
    }
    out_ += bracket;
    first_ = false;
}

void JsonWriter::raw(std::string_view key, std::string_view value) {
    next();
    out_ += json_string(key);
    out_ += ": ";
    out_ += value;
}

void JsonWriter::member(std::string_view key, std::string_view text) {
    raw(key, json_string(text));
}

void JsonWriter::element(std::string_view text) {
    next();
    out_ += json_string(text);
}

std::string JsonWriter::take() && {
    out_ += '\n';
    return std::move(out_);
}

}  // namespace crux::plan

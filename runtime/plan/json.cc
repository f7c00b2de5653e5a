#include "runtime/plan/json.h"

#include <cstdint>

#include "runtime/base/text.h"

namespace crux::plan {

namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

}  // namespace

std::string json_string(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 2);
    out += '"';
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
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

std::string JsonWriter::take() && {
    out_ += '\n';
    return std::move(out_);
}

}  // namespace crux::plan

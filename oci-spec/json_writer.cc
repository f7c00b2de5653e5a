#include "oci-spec/json_writer.h"

#include <algorithm>

#include "runtime/base/text.h"

namespace crux::oci {

namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void append_escape(std::string& out, char c) {
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\b':
            out += "\\b";
            return;
        case '\f':
            out += "\\f";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += "\\u00";
    out += {kHex[byte >> 4U], kHex[byte & 15U]};
}

bool needs_escape(char c, HtmlEscapes html) {
    if (c == '<' || c == '>' || c == '&') return html == HtmlEscapes::yes;
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

}  // namespace

std::string json_string(std::string_view text, HtmlEscapes html) {
    std::string out = "\"";
    out.reserve(text.size() + 2);
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const std::string_view sequence = text.substr(0, std::max<std::size_t>(length, 1));
        if (length == 0)
            out += "\\ufffd";
        else if (length == 1 && needs_escape(text[0], html))
            append_escape(out, text[0]);
        else if (sequence == "\u2028" || sequence == "\u2029")
            out += sequence == "\u2028" ? "\\u2028" : "\\u2029";
        else
            out += sequence;
        text.remove_prefix(sequence.size());
    }
    return out + '"';
}

void JsonWriter::key(std::string_view name) {
    before_element();
    out_ += json_string(name, html_);
    out_ += indent_.empty() ? ":" : ": ";
    after_key_ = true;
}

void JsonWriter::value(std::string_view text) {
    scalar(json_string(text, html_));
}

void JsonWriter::value(bool truth) {
    scalar(truth ? "true" : "false");
}

void JsonWriter::value(const std::vector<std::string>& texts) {
    begin_array();
    for (const std::string& text : texts) value(text);
    end_array();
}

void JsonWriter::value(const StringMap& map) {
    StringMap sorted = map;
    std::ranges::sort(sorted);
    begin_object();
    for (const auto& [name, text] : sorted) member(name, text);
    end_object();
}

void JsonWriter::open(char bracket) {
    before_element();
    out_ += bracket;
    ++depth_;
    first_ = true;
}

void JsonWriter::close(char bracket) {
    --depth_;
    if (!first_) new_line();
    out_ += bracket;
    first_ = false;
}

void JsonWriter::scalar(std::string_view text) {
    before_element();
    out_ += text;
}

void JsonWriter::before_element() {
    if (after_key_) {
        after_key_ = false;
        return;
    }
    if (depth_ == 0) return;
    if (!first_) out_ += ',';
    first_ = false;
    new_line();
}

void JsonWriter::new_line() {
    if (indent_.empty()) return;
    out_ += '\n';
    for (std::size_t level = 0; level < depth_; ++level) out_ += indent_;
}

}  // namespace crux::oci

#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace crux::plan {

/// The text as a JSON string with its quotes (RFC 8259, 7). What is not UTF-8 is replaced by
/// U+FFFD, byte by byte, so that the result is always valid JSON.
std::string json_string(std::string_view text);

/// Writes JSON with two blanks of indentation. Who calls it keeps the order of the grammar: open,
/// members, close.
class JsonWriter {
 public:
    void open_object() { open('{'); }
    void open_object(std::string_view key) { open(key, '{'); }
    void close_object() { close('}'); }
    void open_array() { open('['); }
    void open_array(std::string_view key) { open(key, '['); }
    void close_array() { close(']'); }

    void member(std::string_view key, std::string_view text);
    void member(std::string_view key, const char* text) { member(key, std::string_view(text)); }
    template <std::integral Number>
        requires(!std::same_as<Number, bool>)
    void member(std::string_view key, Number number) {
        raw(key, std::to_string(number));
    }
    void member(std::string_view key, bool value) { raw(key, value ? "true" : "false"); }

    /// The document, with a line end.
    [[nodiscard]] std::string take() &&;

 private:
    void open(char bracket);
    void open(std::string_view key, char bracket);
    void close(char bracket);
    void next();
    void raw(std::string_view key, std::string_view value);

    std::string out_;
    std::size_t depth_ = 0;
    bool first_ = true;
};

}  // namespace crux::plan

#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "oci-spec/types.h"
#include "runtime/base/text.h"

namespace crux::oci {

/// Whether "<", ">" and "&" are escaped, so that the text may stand in HTML (Go's SetEscapeHTML).
enum class HtmlEscapes : bool { no, yes };

/// The text as a JSON string with its quotes, as Go's encoding/json writes it: "<", ">", "&", the
/// line separators U+2028 and U+2029 and control characters are escaped, and each byte that is not
/// part of valid UTF-8 becomes U+FFFD, so that the result is always valid JSON.
std::string json_string(std::string_view text, HtmlEscapes html = HtmlEscapes::yes);

/// Writes a JSON document from beginning to end. The caller opens and closes objects and arrays and
/// writes keys in objects; the writer adds commas, newlines and indentation as Go's
/// json.MarshalIndent does, without a newline at the end.
class JsonWriter {
 public:
    /// `indent` is the indentation of one level; empty: the document is one line.
    explicit JsonWriter(std::string_view indent = {}, HtmlEscapes html = HtmlEscapes::yes)
        : indent_(indent), html_(html) {}

    void begin_object() { open('{'); }
    void end_object() { close('}'); }
    void begin_array() { open('['); }
    void end_array() { close(']'); }
    void key(std::string_view name);

    void value(std::string_view text);
    void value(const char* text) { value(std::string_view(text)); }
    void value(bool truth);
    void value(std::integral auto number) { scalar(cat(number)); }
    void value(const std::vector<std::string>& texts);
    /// An object whose keys are sorted.
    void value(const StringMap& map);
    void null() { scalar("null"); }
    /// A number in JSON syntax.
    void literal(std::string_view number) { scalar(number); }

    void member(std::string_view name, const auto& what) {
        key(name);
        value(what);
    }

    /// What has been written since the last call: the document, or a part of it.
    std::string take() { return std::exchange(out_, {}); }

 private:
    void open(char bracket);
    void close(char bracket);
    void scalar(std::string_view text);
    void before_element();
    void new_line();

    std::string out_;
    std::string indent_;
    HtmlEscapes html_;
    std::size_t depth_ = 0;
    bool first_ = true;  // the innermost container is empty
    bool after_key_ = false;
};

}  // namespace crux::oci

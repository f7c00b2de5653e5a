#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/diagnostics.h"

/// The JSON of a document as a plain tree that keeps the order of members. Only this folder's
/// parsers see it.
namespace crux::oci::json {

enum class Kind : std::uint8_t {
    null,
    boolean,
    negative,  ///< an integer below zero, in `number` as two's complement
    positive,  ///< an integer from zero to 2^64-1, in `number`
    fraction,  ///< any other number, in `text` as written
    string,    ///< in `text`
    array,     ///< in `children`
    object,    ///< in `children`, each with its key
};

/// "a string", "an object" …: what a fault calls a value of the kind.
std::string_view describe(Kind kind);

struct Node {
    Kind kind = Kind::null;
    /// A parser asked for it: what stays unread is reported as unknown.
    mutable bool read = false;
    std::uint64_t number = 0;
    std::string key;
    std::string text;
    std::vector<Node> children;
};

/// The tree of the text, or nothing after a syntax error, which is reported with line, column and
/// byte offset; text that is not UTF-8 and nesting deeper than 64 levels are syntax errors too. A
/// key that an object has twice is reported with its pointer, and its first value is kept.
std::optional<Node> parse_tree(std::string_view text, Diagnostics& diagnostics);

/// Warns of every member that no parser has asked for.
void warn_unread(const Node& root, Diagnostics& diagnostics);

}  // namespace crux::oci::json

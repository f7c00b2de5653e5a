#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/diagnostics.h"

/// The JSON of a document as a tree that keeps the order of members. Only the parsers in this
/// directory use it.
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

/// The name of the kind for error messages: "a string", "an object" ….
std::string_view describe(Kind kind);

struct Node {
    Kind kind = Kind::null;
    /// A parser has requested it; nodes that are not read are reported as unknown.
    mutable bool read = false;
    std::uint64_t number = 0;
    std::string key;
    std::string text;
    std::vector<Node> children;
};

/// The tree of the text, or nullopt after a syntax error, which is reported with line, column and
/// byte offset; invalid UTF-8 and nesting deeper than 64 levels are syntax errors too. A repeated
/// key of an object is reported with its pointer, and its first value is kept.
std::optional<Node> parse_tree(std::string_view text, Diagnostics& diagnostics);

/// The keys that parsers look up in objects with an unknown member, from which the warning about
/// that member takes its suggestion. The keys are collected while the tree is read a second time,
/// which is done only if there is such an object.
class AskedKeys {
 public:
    /// Finds these objects in a tree that has been read; only the first few, because a document
    /// full of unknown members is not a misspelled one. The tree must outlive this.
    explicit AskedKeys(const Node& root);

    /// Whether no object has an unknown member.
    [[nodiscard]] bool empty() const { return keys_.empty(); }
    void note(const Node& object, std::string_view key);
    /// ` (did you mean "limit"?)` for an unknown member of the object, or empty.
    [[nodiscard]] std::string suggestion(const Node& object, std::string_view key) const;

 private:
    void find(const Node& node);
    std::map<const Node*, std::set<std::string, std::less<>>> keys_;
};

/// Adds a warning for every member that no parser has requested.
void warn_unread(const Node& root, const AskedKeys& asked, Diagnostics& diagnostics);

}  // namespace crux::oci::json

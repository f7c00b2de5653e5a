#include "oci-spec/property_pattern.h"

#include <algorithm>
#include <span>

#include "oci-spec/json_tree.h"
#include "runtime/base/text.h"

namespace crux::oci {

namespace {

using json::Kind;
using json::Node;
using Tokens = std::span<const std::string_view>;

bool has_value(const Node& node, std::string_view value) {
    if (value.empty()) return node.kind != Kind::null;
    if (node.kind == Kind::string) return node.text == value;
    return node.kind == Kind::array &&
           std::ranges::any_of(node.children, [value](const Node& child) {
               return child.kind == Kind::string && child.text == value;
           });
}

/// Whether the token of a pattern names this child of the node.
bool names(std::string_view token, const Node& parent, std::size_t index) {
    if (token == "*") return true;
    if (parent.kind == Kind::array) return token == cat(index);
    return token == parent.children[index].key;
}

bool gives(const Node& node, Tokens tokens, std::string_view value) {
    if (tokens.empty()) return has_value(node, value);
    for (std::size_t index = 0; index < node.children.size(); ++index)
        if (names(tokens[0], node, index) && gives(node.children[index], tokens.subspan(1), value))
            return true;
    return false;
}

std::vector<std::string_view> tokens_of(std::string_view pointer) {
    return split(pointer.substr(pointer.starts_with('/') ? 1 : 0), '/');
}

}  // namespace

std::string describe(const PropertyPattern& pattern) {
    return pattern.value.empty() ? pattern.pattern
                                 : cat(pattern.pattern, ' ', quoted(pattern.value));
}

std::vector<PropertyPattern> given_in(std::string_view json,
                                      const std::vector<PropertyPattern>& patterns) {
    Diagnostics ignored;
    std::vector<PropertyPattern> given;
    const auto root = json::parse_tree(json, ignored);
    if (!root) return given;
    for (const PropertyPattern& one : patterns)
        if (gives(*root, tokens_of(one.pattern), one.value)) given.push_back(one);
    return given;
}

bool covers(const PropertyPattern& pattern, std::string_view pointer) {
    const auto wanted = tokens_of(pattern.pattern);
    const auto given = tokens_of(pointer);
    if (given.size() < wanted.size()) return false;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        if (wanted[i] != "*" && wanted[i] != given[i]) return false;
    return true;
}

}  // namespace crux::oci

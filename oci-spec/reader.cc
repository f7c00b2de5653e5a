#include "oci-spec/reader.h"

#include <algorithm>
#include <bit>

namespace crux::oci {

using json::Kind;

namespace {

char small(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_but_for_case(std::string_view one, std::string_view other) {
    return std::ranges::equal(one, other, {}, small, small);
}

/// The member of exactly that name, or else one whose name differs only in case.
const json::Node* find_member(const json::Node* object, std::string_view key) {
    if (object == nullptr || object->kind != Kind::object) return nullptr;
    const auto exact = std::ranges::find(object->children, key, &json::Node::key);
    if (exact != object->children.end()) return &*exact;
    for (const json::Node& child : object->children)
        if (same_but_for_case(child.key, key)) return &child;
    return nullptr;
}

/// Another object whose name differs only in case.
const json::Node* find_namesake(const json::Node& object, const json::Node& member) {
    if (member.kind != Kind::object) return nullptr;
    for (const json::Node& child : object.children)
        if (&child != &member && child.kind == Kind::object &&
            same_but_for_case(child.key, member.key))
            return &child;
    return nullptr;
}

}  // namespace

void Reader::note(std::string_view key) const {
    for (const json::Node* object : {node_, namesake_})
        if (object != nullptr) asked_->note(*object, key);
}

Reader Reader::operator[](std::string_view key) const& {
    if (asked_ != nullptr) note(key);
    const json::Node* owner = node_;
    const json::Node* member = find_member(node_, key);
    if (member == nullptr) {
        owner = namesake_;
        member = find_member(namesake_, key);
    }
    if (member == nullptr) return {nullptr, this, key, 0};
    Reader view{member, this, member->key, 0};
    view.namesake_ = find_namesake(*owner, *member);
    view.take_as(key);
    if (view.namesake_ != nullptr)
        Reader(view.namesake_, this, view.namesake_->key, 0).take_as(key);
    return view;
}

void Reader::take_as(std::string_view key) const {
    if (key_ != key && !node_->read) warn_quietly(cat("is read as ", quoted(key)));
    node_->read = true;
}

Reader Reader::element(std::size_t index) const {
    const json::Node& child = node_->children[index];
    child.read = true;
    return {&child, this, child.key, index};
}

bool Reader::present() const {
    return node_ != nullptr && node_->kind != Kind::null;
}

std::string Reader::pointer() const {
    if (parent_ == nullptr) return {};
    if (parent_->node_ != nullptr && parent_->node_->kind == Kind::array)
        return cat(parent_->pointer(), '/', index_);
    return parent_->pointer() + pointer_token(key_);
}

void Reader::error(std::string text) const {
    const bool kept = diagnostics_->has_room(Severity::error);
    diagnostics_->error(kept ? pointer() : std::string(), std::move(text));
}

void Reader::warn(std::string text) const {
    const bool kept = diagnostics_->has_room(Severity::warning);
    diagnostics_->warn(kept ? pointer() : std::string(), std::move(text));
}

void Reader::warn_quietly(std::string text) const {
    const bool kept = diagnostics_->has_room(Severity::warning);
    diagnostics_->note(kept ? pointer() : std::string(), std::move(text));
}

bool Reader::has_room(Severity severity) const {
    return diagnostics_->has_room(severity);
}

bool Reader::is(Kind kind) const {
    if (!present()) return false;
    if (node_->kind == kind) return true;
    ignore();
    error(cat("expected ", json::describe(kind), ", not ", json::describe(node_->kind)));
    return false;
}

// A NUL is an error in every string: the kernel would only see the part before it.
const std::string* Reader::text_here() const {
    if (!is(Kind::string)) return nullptr;
    if (node_->text.find('\0') == std::string::npos) return &node_->text;
    error("must not contain a NUL character");
    return nullptr;
}

void Reader::check_key() const {
    if (key_.find('\0') != std::string_view::npos) error("key must not contain a NUL character");
}

std::string Reader::string() const {
    const std::string* text = text_here();
    return text != nullptr ? *text : std::string();
}

std::string Reader::required_string() const {
    if (!present() || (node_->kind == Kind::string && node_->text.empty())) {
        error("is required");
        return {};
    }
    return string();
}

bool Reader::boolean() const {
    return optional_boolean().value_or(false);
}

std::optional<bool> Reader::optional_boolean() const {
    if (!is(Kind::boolean)) return std::nullopt;
    return node_->number != 0;
}

bool Reader::required_boolean() const {
    if (!present()) error("is required");
    return boolean();
}

std::vector<std::string> Reader::strings() const {
    return list([](const Reader& item) {
        if (!item.present()) item.error("expected a string, not null");
        return item.string();
    });
}

StringMap Reader::string_map() const {
    return entries([](std::string_view key, const Reader& value) {
        if (!value.present()) value.error("expected a string, not null");
        return StringMap::value_type(key, value.string());
    });
}

// The types cover all integers: the lowest value is never above zero, the highest never below.
std::optional<std::uint64_t> Reader::whole_number(std::int64_t lowest,
                                                  std::uint64_t highest) const {
    std::string written;
    switch (node_->kind) {
        case Kind::positive:
            if (node_->number <= highest) return node_->number;
            written = cat(node_->number);
            break;
        case Kind::negative: {
            const auto value = std::bit_cast<std::int64_t>(node_->number);
            if (value >= lowest) return node_->number;
            written = cat(value);
            break;
        }
        case Kind::fraction:
            written = node_->text;
            break;
        case Kind::null:
        case Kind::boolean:
        case Kind::string:
        case Kind::array:
        case Kind::object:
            ignore();
            error(cat("expected a whole number, not ", json::describe(node_->kind)));
            return std::nullopt;
    }
    error(cat("expected a whole number from ", lowest, " to ", highest, ", not ", written));
    return std::nullopt;
}

void Reader::report_word(std::string_view text, const std::vector<std::string_view>& names,
                         std::string_view what) const {
    if (!has_room(Severity::error)) {
        error({});
        return;
    }
    constexpr std::size_t kShort = 9;  // a longer list would not help
    std::string known;
    if (names.size() <= kShort)
        for (const std::string_view name : names) known += cat(known.empty() ? "" : ", ", name);
    error(cat("invalid ", what, ' ', quoted(text),
              known.empty() ? "" : cat(" (known: ", known, ')'), did_you_mean(text, names)));
}

namespace {

void ignore_all(const json::Node& node) {
    for (const json::Node& child : node.children) {
        child.read = true;
        ignore_all(child);
    }
}

}  // namespace

void Reader::ignore() const {
    if (node_ != nullptr) ignore_all(*node_);
}

}  // namespace crux::oci

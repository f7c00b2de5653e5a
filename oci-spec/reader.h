#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "oci-spec/json_tree.h"
#include "oci-spec/types.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"

namespace crux::oci {

/// A view of one value of a document, or of its absence, that knows its place. A parser asks it for
/// what it expects and always gets a value: what is missing or of another type is reported with its
/// pointer, and the default takes its place, so that one run finds every fault. JSON's null counts
/// as absent. The place is a chain of views up to the root; no text is made of it until a fault is
/// reported, so a view must not outlive its parent (which is why a temporary has no operator[]).
class Reader {
 public:
    /// `asked` collects the keys that are looked up; null: they are not collected.
    Reader(const json::Node& root, Diagnostics& diagnostics, json::AskedKeys* asked = nullptr)
        : node_(&root), diagnostics_(&diagnostics), asked_(asked) {}

    /// The member of that name, present or not. A view of what is no object has no members. Where
    /// no member has that very name, one that differs in the case of its letters alone is taken,
    /// with a warning: runc reads it so, and callers were written for runc. An object that stands
    /// there twice, under names that differ in case, is read as one, in which the values of the
    /// right name count; what is told of the other's members has the first one's place.
    Reader operator[](std::string_view key) const&;
    Reader operator[](std::string_view key) const&& = delete;

    [[nodiscard]] bool present() const;
    /// The place as a JSON pointer.
    [[nodiscard]] std::string pointer() const;

    /// Reports a fault of this value.
    void error(std::string text) const;
    void warn(std::string text) const;

    /// The value, or empty, false, nothing when absent.
    [[nodiscard]] std::string string() const;
    [[nodiscard]] bool boolean() const;
    [[nodiscard]] std::optional<bool> optional_boolean() const;
    [[nodiscard]] std::vector<std::string> strings() const;
    /// An object whose values are strings.
    [[nodiscard]] StringMap string_map() const;

    /// The value; absence is a fault. An empty text counts as absent: no property of the
    /// specification that must be given may be empty.
    [[nodiscard]] std::string required_string() const;
    [[nodiscard]] bool required_boolean() const;

    /// A whole number in the range of its type. 1.0 and 1e3 are not whole numbers.
    template <std::integral Number>
    [[nodiscard]] std::optional<Number> optional_number() const {
        if (!present()) return std::nullopt;
        const auto wide =
            whole_number(std::numeric_limits<Number>::min(), std::numeric_limits<Number>::max());
        if (!wide) return std::nullopt;
        return static_cast<Number>(*wide);
    }
    template <std::integral Number>
    [[nodiscard]] Number number() const {
        return optional_number<Number>().value_or(Number{});
    }
    template <std::integral Number>
    [[nodiscard]] Number required_number() const {
        if (!present()) error("is required");
        return number<Number>();
    }

    /// The value that the word stands for in the table; a text that the table lacks is a fault.
    /// `what` names the vocabulary: "namespace type".
    template <class Table>
    [[nodiscard]] auto optional_word(const Table& table, std::string_view what) const
        -> decltype(value_of(table, "")) {
        if (!present()) return std::nullopt;
        const std::string* text = text_here();
        if (text == nullptr) return std::nullopt;
        auto value = value_of(table, *text);
        if (!value) report_word(*text, names_in(table), what);
        return value;
    }
    template <class Table>
    [[nodiscard]] auto required_word(const Table& table, std::string_view what) const {
        if (!present()) error("is required");
        auto value = optional_word(table, what);
        return value ? *value : typename decltype(value)::value_type{};
    }
    template <class Table>
    [[nodiscard]] auto words(const Table& table, std::string_view what) const {
        return list([&](const Reader& item) { return item.required_word(table, what); });
    }

    /// What the function makes of each element of an array; absent: empty.
    template <class Function>
    [[nodiscard]] auto list(const Function& function) const {
        std::vector<std::invoke_result_t<Function, const Reader&>> out;
        if (!is(json::Kind::array)) return out;
        out.reserve(node_->children.size());
        for (std::size_t index = 0; index < node_->children.size(); ++index)
            out.push_back(function(element(index)));
        return out;
    }

    /// The same for elements that must be objects; another is reported and gives the defaults.
    template <class Function>
    [[nodiscard]] auto objects(const Function& function) const {
        return list([&](const Reader& item) {
            if (!item.present()) item.error("expected an object, not null");
            return item.object(function);
        });
    }

    /// What the function makes of each member of an object (its key and its value); absent: empty.
    template <class Function>
    [[nodiscard]] auto entries(const Function& function) const {
        std::vector<std::invoke_result_t<Function, std::string_view, const Reader&>> out;
        if (!is(json::Kind::object)) return out;
        out.reserve(node_->children.size());
        for (std::size_t index = 0; index < node_->children.size(); ++index) {
            const Reader member = element(index);
            member.check_key();
            out.push_back(function(member.key_, member));
        }
        return out;
    }

    /// What the function makes of an object, or nothing when absent or something else.
    template <class Function>
    [[nodiscard]] auto optional(const Function& function) const
        -> std::optional<std::invoke_result_t<Function, const Reader&>> {
        if (!is(json::Kind::object)) return std::nullopt;
        return function(*this);
    }
    /// The same with the defaults in place of nothing.
    template <class Function>
    [[nodiscard]] auto object(const Function& function) const {
        return optional(function).value_or(std::invoke_result_t<Function, const Reader&>{});
    }

    /// Marks the value as known, whatever is in it.
    void ignore() const;

 private:
    Reader(const json::Node* node, const Reader* parent, std::string_view key, std::size_t index)
        : node_(node),
          parent_(parent),
          diagnostics_(parent->diagnostics_),
          asked_(parent->asked_),
          key_(key),
          index_(index) {}

    void note(std::string_view key) const;
    // Marks the value as known by this name, and says so when its own is another one.
    void take_as(std::string_view key) const;
    // Whether it is present and of the kind; another kind is reported.
    [[nodiscard]] bool is(json::Kind kind) const;
    [[nodiscard]] const std::string* text_here() const;
    void check_key() const;
    [[nodiscard]] std::optional<std::uint64_t> whole_number(std::int64_t lowest,
                                                            std::uint64_t highest) const;
    [[nodiscard]] Reader element(std::size_t index) const;
    void report_word(std::string_view text, const std::vector<std::string_view>& names,
                     std::string_view what) const;

    const json::Node* node_ = nullptr;      // null: absent
    const json::Node* namesake_ = nullptr;  // an object to be read with it
    const Reader* parent_ = nullptr;
    Diagnostics* diagnostics_;
    json::AskedKeys* asked_;
    std::string_view key_;
    std::size_t index_ = 0;
};

}  // namespace crux::oci

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

/// A view of one value of a document, or of an absent value, and of its place. A parser requests
/// the type that it expects and always gets a value: a missing or mistyped value is reported with
/// its pointer and replaced by the default, so that one run finds all errors. JSON's null counts as
/// absent. The place is a chain of views up to the root, which becomes a text only when an error is
/// reported; a view must not outlive its parent (therefore a temporary has no operator[]).
class Reader {
 public:
    /// `asked` collects the keys that are looked up; null: they are not collected.
    Reader(const json::Node& root, Diagnostics& diagnostics, json::AskedKeys* asked = nullptr)
        : node_(&root), diagnostics_(&diagnostics), asked_(asked) {}

    /// The member of that name, present or absent. Only an object has members. If no member has
    /// exactly that name, one whose name differs only in case is used, with a warning: runc does
    /// so, and callers are written for runc. Two objects whose names differ only in case are read
    /// as one; values of the one with the right name take precedence, and messages about members of
    /// the other have the place of the first.
    Reader operator[](std::string_view key) const&;
    Reader operator[](std::string_view key) const&& = delete;

    [[nodiscard]] bool present() const;
    /// The place as a JSON pointer.
    [[nodiscard]] std::string pointer() const;

    /// Reports an error of this value.
    void error(std::string text) const;
    void warn(std::string text) const;
    /// Reports a quiet warning.
    void warn_quietly(std::string text) const;
    /// Whether another text would be kept; if not, an empty one is enough.
    [[nodiscard]] bool has_room(Severity severity) const;

    /// The value; empty, false or nullopt if absent.
    [[nodiscard]] std::string string() const;
    [[nodiscard]] bool boolean() const;
    [[nodiscard]] std::optional<bool> optional_boolean() const;
    [[nodiscard]] std::vector<std::string> strings() const;
    /// An object whose values are strings.
    [[nodiscard]] StringMap string_map() const;

    /// The value; it is an error if it is absent or an empty string, because no required property
    /// of the specification may be empty.
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

    /// The value of the word in the table; a word that is not in the table is an error. `what` is
    /// the name of the vocabulary: "namespace type".
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

    /// The results of the function for the elements of an array; empty if absent.
    template <class Function>
    [[nodiscard]] auto list(const Function& function) const {
        std::vector<std::invoke_result_t<Function, const Reader&>> out;
        if (!is(json::Kind::array)) return out;
        out.reserve(node_->children.size());
        for (std::size_t index = 0; index < node_->children.size(); ++index)
            out.push_back(function(element(index)));
        return out;
    }

    /// The same for elements that must be objects; for others an error is reported.
    template <class Function>
    [[nodiscard]] auto objects(const Function& function) const {
        return list([&](const Reader& item) {
            if (!item.present()) item.error("expected an object, not null");
            return item.object(function);
        });
    }

    /// The results of the function for the members (key and value) of an object; empty if absent.
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

    /// The result of the function for an object; nullopt if absent or not an object.
    template <class Function>
    [[nodiscard]] auto optional(const Function& function) const
        -> std::optional<std::invoke_result_t<Function, const Reader&>> {
        if (!is(json::Kind::object)) return std::nullopt;
        return function(*this);
    }
    /// The same, with the defaults instead of nullopt.
    template <class Function>
    [[nodiscard]] auto object(const Function& function) const {
        return optional(function).value_or(std::invoke_result_t<Function, const Reader&>{});
    }

    /// Marks the value and everything in it as known.
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
    // Marks the value as known by this name; warns if its own name differs.
    void take_as(std::string_view key) const;
    // Whether the value is present and of the kind; reports another kind.
    [[nodiscard]] bool is(json::Kind kind) const;
    [[nodiscard]] const std::string* text_here() const;
    void check_key() const;
    [[nodiscard]] std::optional<std::uint64_t> whole_number(std::int64_t lowest,
                                                            std::uint64_t highest) const;
    [[nodiscard]] Reader element(std::size_t index) const;
    void report_word(std::string_view text, const std::vector<std::string_view>& names,
                     std::string_view what) const;

    const json::Node* node_ = nullptr;      // null: absent
    const json::Node* namesake_ = nullptr;  // an object that is read together with it
    const Reader* parent_ = nullptr;
    Diagnostics* diagnostics_;
    json::AskedKeys* asked_;
    std::string_view key_;
    std::size_t index_ = 0;
};

}  // namespace crux::oci

#include "oci-spec/json_tree.h"

#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>
#include <utility>

#include "runtime/base/suggest.h"
#include "runtime/base/text.h"

namespace crux::oci::json {

namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMostSuggestions = 50;

// The position in the text as an editor shows it: lines and columns count from 1.
std::string place(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, std::min(offset, text.size()));
    const auto line = std::ranges::count(before, '\n') + 1;
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    return cat("line ", line, ", column ", before.size() - line_start + 1, " (byte ", before.size(),
               ')');
}

// Builds a tree from nlohmann's events. The stack holds pointers to the open containers: a vector
// of children grows only while none of them is open, so the pointers stay valid.
class Builder {
 public:
    using number_integer_t = std::int64_t;
    using number_unsigned_t = std::uint64_t;
    using number_float_t = double;
    using string_t = std::string;
    using binary_t = nlohmann::json::binary_t;

    Builder(std::string_view text, Node& root, Diagnostics& diagnostics)
        : text_(text), root_(root), diagnostics_(diagnostics) {}

    bool null() {
        add(Kind::null);
        return true;
    }
    bool boolean(bool value) {
        add(Kind::boolean).number = value ? 1 : 0;
        return true;
    }
    bool number_integer(number_integer_t value) {
        add(Kind::negative).number = std::bit_cast<std::uint64_t>(value);
        return true;
    }
    bool number_unsigned(number_unsigned_t value) {
        add(Kind::positive).number = value;
        return true;
    }
    bool number_float(number_float_t /*value*/, const string_t& written) {
        add(Kind::fraction).text = written;
        return true;
    }
    bool string(string_t& value) {
        add(Kind::string).text = std::move(value);
        return true;
    }
    static bool binary(binary_t& /*value*/) { return false; }
    bool start_object(std::size_t /*unknown*/) { return open(Kind::object); }
    bool end_object() {
        report_duplicates(*open_.back());
        open_.pop_back();
        return true;
    }
    bool start_array(std::size_t /*unknown*/) { return open(Kind::array); }
    bool end_array() {
        open_.pop_back();
        return true;
    }
    bool key(string_t& value) {
        key_ = std::move(value);
        return true;
    }
    // The offset is the number of bytes read, including the invalid one.
    bool parse_error(std::size_t taken, const std::string& token,
                     const nlohmann::detail::exception& cause) {
        if (taken > text_.size()) {
            diagnostics_.error("", cat("invalid JSON at ", place(text_, text_.size()),
                                       ": unexpected end of text"));
            return false;
        }
        constexpr std::size_t kShown = 24;
        const std::size_t start = token.size() > kShown ? token.size() - kShown : 0;
        // The only place where nlohmann says so.
        const bool utf8 = std::string_view(cause.what()).find("UTF-8") != std::string_view::npos;
        diagnostics_.error("", cat("invalid JSON at ", place(text_, taken == 0 ? 0 : taken - 1),
                                   ", near ", crux::quoted(std::string_view(token).substr(start)),
                                   utf8 ? ": invalid UTF-8" : ""));
        return false;
    }

 private:
    Node& add(Kind kind) {
        Node* node = &root_;
        if (!open_.empty()) node = &open_.back()->children.emplace_back();
        node->kind = kind;
        if (!open_.empty() && open_.back()->kind == Kind::object) node->key = std::move(key_);
        return *node;
    }

    bool open(Kind kind) {
        if (open_.size() == kMaxDepth) {
            diagnostics_.error(pointer(), cat("is nested deeper than ", kMaxDepth, " levels"));
            return false;
        }
        open_.push_back(&add(kind));
        return true;
    }

    // The pointer of the innermost open container.
    [[nodiscard]] std::string pointer() const {
        std::string out;
        for (std::size_t level = 1; level < open_.size(); ++level) {
            const Node& parent = *open_[level - 1];
            out += parent.kind == Kind::array ? cat('/', parent.children.size() - 1)
                                              : pointer_token(open_[level]->key);
        }
        return out;
    }

    // Sorting makes equal keys adjacent: at most n log n steps for any number of keys.
    void report_duplicates(Node& object) {
        std::vector<std::string_view> keys;
        keys.reserve(object.children.size());
        for (const Node& member : object.children) keys.push_back(member.key);
        std::ranges::sort(keys);
        std::vector<std::string> repeated;
        for (auto at = std::ranges::adjacent_find(keys); at != keys.end();
             at = std::adjacent_find(at, keys.end())) {
            repeated.emplace_back(*at);
            at = std::upper_bound(at, keys.end(), *at);
        }
        if (repeated.empty()) return;
        const std::string here = pointer();
        for (const std::string& key : repeated)
            diagnostics_.error(
                diagnostics_.has_room(Severity::error) ? here + pointer_token(key) : std::string(),
                "is given more than once");
        keep_first(object.children, repeated);
    }

    /// The keys are sorted.
    static void keep_first(std::vector<Node>& members, const std::vector<std::string>& keys) {
        std::vector<bool> seen(keys.size());
        std::erase_if(members, [&](const Node& member) {
            const auto found = std::ranges::lower_bound(keys, member.key);
            if (found == keys.end() || *found != member.key) return false;
            const auto index = static_cast<std::size_t>(found - keys.begin());
            const bool again = seen[index];
            seen[index] = true;
            return again;
        });
    }

    std::string_view text_;
    Node& root_;
    Diagnostics& diagnostics_;
    std::vector<Node*> open_;
    std::string key_;
};

/// Walks the tree for members that no parser has asked for.
class UnreadWarner {
 public:
    UnreadWarner(const AskedKeys& asked, Diagnostics& diagnostics)
        : asked_(asked), diagnostics_(diagnostics) {}

    void walk(const Node& node, const std::string& pointer) {
        std::size_t index = 0;
        for (const Node& child : node.children) {
            if (!child.read)
                warn(node, child, pointer);
            else if (!child.children.empty())
                walk(child, pointer + (node.kind == Kind::array ? cat('/', index)
                                                                : pointer_token(child.key)));
            ++index;
        }
    }

 private:
    void warn(const Node& node, const Node& child, const std::string& pointer) {
        if (node.kind != Kind::object) return;
        if (!diagnostics_.has_room(Severity::warning)) {
            diagnostics_.note({}, {});
            return;
        }
        const bool suggest = ++warned_ <= kMostSuggestions;
        diagnostics_.note(pointer + pointer_token(child.key),
                          cat("is not a property of the specification, ignored",
                              suggest ? asked_.suggestion(node, child.key) : ""));
    }

    const AskedKeys& asked_;
    Diagnostics& diagnostics_;
    std::size_t warned_ = 0;
};

}  // namespace

std::string_view describe(Kind kind) {
    switch (kind) {
        case Kind::null:
            return "null";
        case Kind::boolean:
            return "a boolean";
        case Kind::negative:
        case Kind::positive:
        case Kind::fraction:
            return "a number";
        case Kind::string:
            return "a string";
        case Kind::array:
            return "an array";
        case Kind::object:
            return "an object";
    }
    return "";
}

std::optional<Node> parse_tree(std::string_view text, Diagnostics& diagnostics) {
    Node root;
    Builder builder(text, root, diagnostics);
    if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return std::nullopt;
    return root;
}

AskedKeys::AskedKeys(const Node& root) {
    find(root);
}

void AskedKeys::find(const Node& node) {
    for (const Node& child : node.children) {
        if (keys_.size() == kMostSuggestions) return;
        if (child.read)
            find(child);
        else if (node.kind == Kind::object)
            keys_[&node];
    }
}

void AskedKeys::note(const Node& object, std::string_view key) {
    const auto found = keys_.find(&object);
    if (found != keys_.end()) found->second.emplace(key);
}

std::string AskedKeys::suggestion(const Node& object, std::string_view key) const {
    const auto found = keys_.find(&object);
    if (found == keys_.end()) return {};
    // A member that the object already has is not the one that was meant.
    std::vector<std::string_view> missing;
    for (const std::string_view asked : found->second)
        if (std::ranges::find(object.children, asked, &Node::key) == object.children.end())
            missing.push_back(asked);
    return did_you_mean(key, missing);
}

void warn_unread(const Node& root, const AskedKeys& asked, Diagnostics& diagnostics) {
    UnreadWarner(asked, diagnostics).walk(root, "");
}

}  // namespace crux::oci::json

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "oci-spec/diagnostics.h"
#include "runtime/base/text.h"
#include "runtime/systemd/properties.h"

namespace crux::systemd {

namespace {

/// GLib's names of the basic types, and D-Bus's type letters.
struct TypeRow {
    std::string_view word;
    char letter;
};
constexpr TypeRow kTypes[] = {
    {"boolean", 'b'}, {"byte", 'y'},   {"int16", 'n'},      {"uint16", 'q'},
    {"int32", 'i'},   {"uint32", 'u'}, {"int64", 'x'},      {"uint64", 't'},
    {"double", 'd'},  {"string", 's'}, {"objectpath", 'o'},
};

/// A basic value: its type letter, and the word that crux-systemd reads.
struct Value {
    char type = 0;
    std::string word;
};

/// Parses the text form of GLib's variants, as far as unit properties use it.
class Reader {
 public:
    explicit Reader(std::string_view text) : rest_(text) {}

    /// The whole text as a property value; empty if it is invalid.
    std::string read() {
        skip_blanks();
        std::string out = rest_.starts_with('[') ? read_array() : one(read_value());
        skip_blanks();
        return rest_.empty() ? out : std::string();
    }

 private:
    static std::string one(const Value& value) {
        return value.type == 0 ? std::string() : cat(value.type, ' ', value.word);
    }

    std::string read_array() {
        rest_.remove_prefix(1);
        std::string words;
        std::size_t count = 0;
        char type = 0;
        for (skip_blanks(); !rest_.starts_with(']'); skip_blanks()) {
            if (count > 0 && !take(',')) return {};
            const Value value = read_value();
            if (value.type == 0 || (type != 0 && value.type != type)) return {};
            type = value.type;
            words += cat(' ', value.word);
            ++count;
        }
        rest_.remove_prefix(1);
        return type == 0 ? std::string() : cat('a', type, ' ', count, words);
    }

    Value read_value() {
        skip_blanks();
        if (rest_.starts_with('\'') || rest_.starts_with('"')) return read_text();
        std::string_view word = take_word();
        for (const TypeRow& row : kTypes) {
            if (word != row.word) continue;
            skip_blanks();
            if (row.letter == 's' || row.letter == 'o') {
                Value value = read_text();
                if (value.type != 0) value.type = row.letter;
                return value;
            }
            return typed(row.letter, take_word());
        }
        if (word == "true" || word == "false") return typed('b', word);
        const bool fraction = word.find_first_of(".eE") != std::string_view::npos;
        return typed(fraction ? 'd' : 'i', word);
    }

    template <class Number>
    static bool is(std::string_view word) {
        return to_number<Number>(word).has_value();
    }
    /// As crux-systemd reads it, which knows no hexadecimal digits and no "+".
    static bool is_fraction(std::string_view word) {
        double value = 0;
        const char* end = word.data() + word.size();
        const auto [rest, error] = std::from_chars(word.data(), end, value);
        return error == std::errc() && rest == end && std::isfinite(value);
    }
    static bool fits(char type, std::string_view word) {
        switch (type) {
            case 'b':
                return word == "true" || word == "false";
            case 'y':
                return is<std::uint8_t>(word);
            case 'n':
                return is<std::int16_t>(word);
            case 'q':
                return is<std::uint16_t>(word);
            case 'i':
                return is<std::int32_t>(word);
            case 'u':
                return is<std::uint32_t>(word);
            case 'x':
                return is<std::int64_t>(word);
            case 't':
                return is<std::uint64_t>(word);
            default:
                return is_fraction(word);
        }
    }
    static Value typed(char type, std::string_view word) {
        return fits(type, word) ? Value{type, std::string(word)} : Value{};
    }

    Value read_text() {
        skip_blanks();
        if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) return {};
        const char quote = rest_[0];
        std::string text;
        for (std::size_t at = 1; at < rest_.size(); ++at) {
            if (rest_[at] == quote) {
                rest_.remove_prefix(at + 1);
                // An empty string cannot be a word of the request; no property of a unit requires
                // one.
                return text.empty() ? Value{} : Value{'s', escaped(text)};
            }
            if (rest_[at] == '\\') ++at;
            if (at < rest_.size()) text += rest_[at];
        }
        return {};
    }

    bool take(char letter) {
        skip_blanks();
        if (!rest_.starts_with(letter)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void skip_blanks() {
        while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_[0])) != 0)
            rest_.remove_prefix(1);
    }
    std::string_view take_word() {
        std::size_t length = 0;
        while (length < rest_.size() && rest_[length] != ',' && rest_[length] != ']' &&
               std::isspace(static_cast<unsigned char>(rest_[length])) == 0)
            ++length;
        const std::string_view word = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return word;
    }

    std::string_view rest_;
};

bool is_property_name(std::string_view name) {
    constexpr std::size_t kShortest = 3;
    return name.size() >= kShortest && std::ranges::all_of(name, [](unsigned char letter) {
               return std::isalpha(letter) != 0;
           });
}

/// "t N" with N in microseconds, from a number of seconds; empty if it is not a number.
std::string in_microseconds(std::string_view value) {
    constexpr std::string_view kNumbers = "bos";
    if (value.size() < 3 || value[1] != ' ' || kNumbers.find(value[0]) != std::string_view::npos)
        return {};
    const double seconds = std::strtod(std::string(value.substr(2)).c_str(), nullptr);
    constexpr double kSecond = 1e6;
    constexpr double kMost = 9e18;
    if (seconds < 0 || seconds * kSecond > kMost) return {};
    return cat("t ", static_cast<std::uint64_t>(std::llround(seconds * kSecond)));
}

std::unexpected<Error> refused(std::string_view key, std::string why) {
    return std::unexpected(
        Error(Error::Kind::spec, std::move(why)).at(cat("/annotations", oci::pointer_token(key))));
}

}  // namespace

Result<std::vector<Property>> annotation_properties(const oci::StringMap& annotations) {
    std::vector<Property> out;
    for (const auto& [key, text] : annotations) {
        if (!key.starts_with(kPropertyPrefix)) continue;
        std::string name = key.substr(kPropertyPrefix.size());
        if (!is_property_name(name))
            return refused(key, cat(quoted(name), " is not a valid name of a unit property"));
        std::string value = Reader(text).read();
        if (value.empty())
            return refused(key, cat(quoted(text),
                                    " is not a valid value of a unit property: must be a "
                                    "number (\"uint64 5\"), true, false, a quoted string, "
                                    "or an array of these"));
        constexpr std::string_view kSeconds = "Sec";
        if (name.ends_with(kSeconds) && !name.ends_with("USec")) {
            name = cat(name.substr(0, name.size() - kSeconds.size()), "USec");
            value = in_microseconds(value);
            if (value.empty())
                return refused(key, cat(quoted(text), " is not a number of seconds"));
        }
        out.push_back({std::move(name), std::move(value)});
    }
    return out;
}

}  // namespace crux::systemd

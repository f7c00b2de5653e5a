#include "cmd/crux/arguments.h"

#include <optional>
#include <string_view>

#include "runtime/base/suggest.h"
#include "runtime/base/text.h"

namespace crux::cmd {

namespace {

constexpr std::string_view kSyntax = "parse error";
constexpr std::string_view kRange = "value out of range";

/// A word that starts with a dash, split into its parts.
struct Spelling {
    std::string_view name;
    std::optional<std::string_view> value;
};

bool looks_like_flag(std::string_view word) {
    return word.size() >= 2 && word.front() == '-';
}

Result<Spelling> take_apart(std::string_view word) {
    std::string_view name = word.substr(word.starts_with("--") ? 2 : 1);
    if (name.empty() || name.front() == '-' || name.front() == '=')
        return fail(Error::Kind::usage, cat("bad flag syntax: ", word));
    const std::size_t equals = name.find('=');
    if (equals == std::string_view::npos) return Spelling{name, std::nullopt};
    return Spelling{name.substr(0, equals), name.substr(equals + 1)};
}

bool is_named(const Flag& flag, std::string_view name) {
    return name == flag.name || (name.size() == 1 && flag.letters.contains(name));
}

const Flag* find_flag(std::span<const Flag> flags, std::string_view name) {
    for (const Flag& flag : flags)
        if (is_named(flag, name)) return &flag;
    return is_named(kHelpFlag, name) ? &kHelpFlag : nullptr;
}

std::string suggestion(std::span<const Flag> flags, std::string_view name) {
    std::vector<std::string_view> names = {kHelpFlag.name};
    for (const Flag& flag : flags)
        if (flag.hidden == Hidden::no) names.push_back(flag.name);
    const std::string_view meant = closest(name, names);
    return meant.empty() ? std::string() : cat(" (did you mean ", quoted(cat("--", meant)), "?)");
}

std::optional<bool> read_switch(std::string_view text) {
    for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"})
        if (text == yes) return true;
    for (const std::string_view no : {"0", "f", "F", "false", "FALSE", "False"})
        if (text == no) return false;
    return std::nullopt;
}

/// The base that a number's prefix selects; removes the prefix.
int take_base(std::string_view& digits) {
    struct Prefix {
        std::string_view lower, upper;
        int base;
    };
    constexpr Prefix kPrefixes[] = {{"0x", "0X", 16}, {"0o", "0O", 8}, {"0b", "0B", 2}};
    for (const Prefix& prefix : kPrefixes) {
        if (!digits.starts_with(prefix.lower) && !digits.starts_with(prefix.upper)) continue;
        digits.remove_prefix(2);
        return prefix.base;
    }
    return digits.size() > 1 && digits.front() == '0' ? 8 : 10;
}

/// The number in decimal, or Go's reason why it is invalid.
std::expected<std::string, std::string_view> read_number(std::string_view text) {
    std::string_view digits = text;
    const bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+')) digits.remove_prefix(1);
    const int base = take_base(digits);
    constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
    if (digits.empty() || digits.find_first_not_of(kDigits) != std::string_view::npos)
        return std::unexpected(kSyntax);
    if (base < 16 &&
        digits.find_first_not_of(kDigits.substr(0, std::size_t(base))) != std::string_view::npos)
        return std::unexpected(kSyntax);
    const auto value = to_number<std::int64_t>(cat(negative ? "-" : "", digits), base);
    if (!value) return std::unexpected(kRange);
    return std::to_string(*value);
}

/// The value in the form that the option library gets.
Result<std::string> canonical(const Flag& flag, std::string_view name, std::string_view value) {
    if (flag.takes == Takes::nothing) {
        const std::optional<bool> on = read_switch(value);
        if (on) return std::string(*on ? "true" : "false");
        return fail(Error::Kind::usage,
                    cat("invalid boolean value ", quoted(value), " for -", name, ": ", kSyntax));
    }
    if (flag.takes == Takes::number) {
        auto number = read_number(value);
        if (number) return std::move(*number);
        return fail(Error::Kind::usage, cat("invalid value ", quoted(value), " for flag -", name,
                                            ": ", number.error()));
    }
    return std::string(value);
}

/// Parses the flag at the front of the words and removes it, with its value, from them.
Status take_flag(std::span<const Flag> flags, std::span<const char* const>& words,
                 Normalised& line) {
    const Spelling spelling = TRY(take_apart(words.front()));
    words = words.subspan(1);
    const Flag* flag = find_flag(flags, spelling.name);
    if (flag == nullptr)
        return fail(Error::Kind::usage, cat("flag provided but not defined: -", spelling.name,
                                            suggestion(flags, spelling.name)));

    std::string_view value = "true";
    if (spelling.value) {
        value = *spelling.value;
    } else if (flag->takes != Takes::nothing) {
        if (words.empty())
            return fail(Error::Kind::usage, cat("flag needs an argument: -", spelling.name));
        value = words.front();
        words = words.subspan(1);
    }
    const std::string text = TRY(canonical(*flag, spelling.name, value));
    if (flag == &kHelpFlag)
        line.help = text == "true";
    else
        line.flags.push_back(cat("--", flag->name, "=", text));
    return {};
}

}  // namespace

Result<Normalised> normalise(std::span<const Flag> flags, std::span<const char* const> words,
                             Order order) {
    Normalised line;
    while (!words.empty()) {
        const std::string_view word = words.front();
        if (looks_like_flag(word) && word != "--") {
            TRY(take_flag(flags, words, line));
            continue;
        }
        if (word == "--") words = words.subspan(1);
        if (word == "--" || order == Order::before_arguments) {
            line.arguments.insert(line.arguments.end(), words.begin(), words.end());
            break;
        }
        line.arguments.emplace_back(word);
        words = words.subspan(1);
    }
    return line;
}

}  // namespace crux::cmd

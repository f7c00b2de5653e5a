#include "oci-spec/semver.h"

#include <algorithm>

#include "runtime/base/text.h"

namespace crux::oci {

namespace {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr bool is_identifier(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

std::optional<std::uint32_t> version_number(std::string_view text) {
    if (text.size() > 1 && text.starts_with('0')) return std::nullopt;
    return to_number<std::uint32_t>(text);
}

// Identifiers separated by dots; numeric ones of a pre-release have no leading zeros.
bool are_identifiers(std::string_view text, bool zeros_allowed) {
    return std::ranges::all_of(split(text, '.'), [&](std::string_view piece) {
        if (piece.empty() || !std::ranges::all_of(piece, is_identifier)) return false;
        const bool numeric = std::ranges::all_of(piece, is_digit);
        return zeros_allowed || !numeric || piece.size() == 1 || !piece.starts_with('0');
    });
}

}  // namespace

std::optional<Version> parse_version(std::string_view text) {
    if (const std::size_t plus = text.find('+'); plus != std::string_view::npos) {
        if (!are_identifiers(text.substr(plus + 1), true)) return std::nullopt;
        text = text.substr(0, plus);
    }
    if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
        if (!are_identifiers(text.substr(dash + 1), false)) return std::nullopt;
        text = text.substr(0, dash);
    }
    const auto pieces = split(text, '.');
    if (pieces.size() != 3) return std::nullopt;
    const auto major = version_number(pieces[0]);
    const auto minor = version_number(pieces[1]);
    const auto patch = version_number(pieces[2]);
    if (!major || !minor || !patch) return std::nullopt;
    return Version{*major, *minor, *patch};
}

}  // namespace crux::oci

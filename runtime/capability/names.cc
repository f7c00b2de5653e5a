#include "runtime/capability/names.h"

#include <sys/capability.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

namespace crux::capability {

namespace {

constexpr unsigned kMost = std::numeric_limits<Set>::digits;

struct Free {
    void operator()(char* text) const { ::cap_free(text); }
};

constexpr bool is_capital(char c) {
    return c >= 'A' && c <= 'Z';
}

/// libcap stops at the first character that cannot belong to a name, so "CAP_KILL+ep" is CAP_KILL
/// to it.
bool is_spelled_in_full(std::string_view name) {
    return name.starts_with("CAP_") &&
           std::ranges::all_of(name, [](char c) { return is_capital(c) || c == '_'; });
}

}  // namespace

bool holds(Set set, std::string_view name) {
    const auto number = number_of(name);
    return number && holds(set, *number);
}

std::optional<unsigned> number_of(std::string_view name) {
    std::array<char, 64> text{};  // libcap requires a terminating NUL
    if (name.size() >= text.size() || !is_spelled_in_full(name)) return std::nullopt;
    std::ranges::copy(name, text.begin());
    ::cap_value_t number = 0;
    if (::cap_from_name(text.data(), &number) != 0) return std::nullopt;
    return static_cast<unsigned>(number);
}

std::string name_of(unsigned number) {
    const std::unique_ptr<char, Free> name(::cap_to_name(static_cast<::cap_value_t>(number)));
    std::string out = name ? name.get() : std::to_string(number);
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

std::vector<std::string> all_names() {
    std::vector<std::string> names;
    for (unsigned number = 0; number < kMost; ++number) {
        std::string name = name_of(number);
        if (!is_spelled_in_full(name)) break;
        names.push_back(std::move(name));
    }
    return names;
}

std::vector<std::string> names_of(Set set) {
    std::vector<std::string> names;
    for (unsigned number = 0; number < kMost; ++number)
        if (holds(set, number)) names.push_back(name_of(number));
    return names;
}

}  // namespace crux::capability

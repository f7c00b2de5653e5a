#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Names and sets of capabilities (capabilities(7)). The names are libcap's, so that crux needs no
/// table that follows the kernel. No function here makes a system call.
namespace crux::capability {

/// A set: bit N stands for capability number N.
using Set = std::uint64_t;

/// The set that holds the one capability.
constexpr Set bit(unsigned number) {
    return Set{1} << number;
}

constexpr bool holds(Set set, unsigned number) {
    return (set >> number & 1U) != 0;
}

/// Whether the set holds the capability of that name; false for an unknown name.
bool holds(Set set, std::string_view name);

/// The number of the capability, whose name must be spelled as in capabilities(7): "CAP_KILL".
/// Nothing for another spelling, which libcap alone would accept ("cap_kill", "5"), and for a name
/// that is newer than this libcap.
std::optional<unsigned> number_of(std::string_view name);

/// "CAP_KILL", or the number in decimal if the capability is newer than this libcap.
std::string name_of(unsigned number);

/// All names that this libcap knows; the index of a name is its number.
std::vector<std::string> all_names();

/// The names in a set, in the order of their numbers.
std::vector<std::string> names_of(Set set);

}  // namespace crux::capability

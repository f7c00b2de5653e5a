#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace crux::oci {

/// The numbers of a SemVer 2.0.0 version; pre-release and build parts are checked and discarded.
struct Version {
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    std::uint32_t patch = 0;
    bool operator==(const Version&) const = default;
};

/// Parses the whole text as a version; nullopt if it is not one: "1.0.2-dev" and "1.1.0+dev" are
/// versions, "1.0" and "01.0.0" are not.
std::optional<Version> parse_version(std::string_view text);

}  // namespace crux::oci

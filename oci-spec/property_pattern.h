#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Properties of a configuration by their kind and not by one place: what a host lacks is told so.
namespace crux::oci {

/// A JSON pointer in which "*" stands for each element or member, and for a property of words one
/// of them: "/mounts/*/options" with "idmap".
struct PropertyPattern {
    std::string pattern;
    std::string value;  ///< empty: whatever its value is
    bool operator==(const PropertyPattern&) const = default;
};

/// `/mounts/*/options "idmap"`.
std::string describe(const PropertyPattern& pattern);

/// Those which the document gives. A text that is no JSON gives none.
std::vector<PropertyPattern> given_in(std::string_view json,
                                      const std::vector<PropertyPattern>& patterns);

/// Whether the place is one of the pattern, or below one.
bool covers(const PropertyPattern& pattern, std::string_view pointer);

}  // namespace crux::oci

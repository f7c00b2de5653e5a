#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Patterns that name a property at any of its places: with them crux reports what a host does not
/// support.
namespace crux::oci {

/// A JSON pointer in which "*" stands for any element or member, and optionally one value of the
/// property: "/mounts/*/options" with "idmap".
struct PropertyPattern {
    std::string pattern;
    std::string value;  ///< empty: any value
    bool operator==(const PropertyPattern&) const = default;
};

/// `/mounts/*/options "idmap"`.
std::string describe(const PropertyPattern& pattern);

/// The patterns that match a property of the document. Invalid JSON matches none.
std::vector<PropertyPattern> given_in(std::string_view json,
                                      const std::vector<PropertyPattern>& patterns);

/// Whether the place matches the pattern or is below a place that does.
bool covers(const PropertyPattern& pattern, std::string_view pointer);

}  // namespace crux::oci

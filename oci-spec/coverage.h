#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/diagnostics.h"

/// What becomes of each property of a configuration (crux validate --strict).
namespace crux::oci {

enum class Treatment : std::uint8_t {
    applied,       ///< as the specification says
    approximated,  ///< by the nearest that the host has
    ignored,       ///< not at all
};

struct Covered {
    std::string pointer;
    Treatment treatment = Treatment::applied;
    std::string why;  ///< empty where applied
};

/// The places of all properties that the document gives: members whose value is no object and no
/// array of objects, in the document's order.
std::vector<std::string> properties_of(std::string_view json);

/// Each property with what becomes of it. `warnings` are those of parsing, of the rules and of the
/// host; one at or above a property that ends in "ignored" or tells of an unknown property makes it
/// ignored. `unified`: limits go to cgroup v2, whose scales differ.
std::vector<Covered> coverage_of(std::string_view json, const std::vector<Diagnostic>& warnings,
                                 bool unified);

/// "applied", "approximated" or "ignored".
std::string_view word_of(Treatment treatment);

/// The report of validate as one JSON object: valid, errors, warnings, properties.
std::string validation_json(const Diagnostics& diagnostics, const std::vector<Covered>& properties,
                            bool valid);

}  // namespace crux::oci

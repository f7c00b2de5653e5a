#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/diagnostics.h"

/// How each property of a configuration is treated (crux validate --strict).
namespace crux::oci {

enum class Treatment : std::uint8_t {
    applied,       ///< as specified
    approximated,  ///< by the closest feature of the host
    ignored,       ///< not at all
};

struct Covered {
    std::string pointer;
    Treatment treatment = Treatment::applied;
    std::string why;  ///< empty where applied
};

/// The places of all properties of the document, in its order: members whose value is neither an
/// object nor an array of objects.
std::vector<std::string> properties_of(std::string_view json);

/// Each property and its treatment. `warnings` are those of parsing, of the rules and of the host;
/// a property is ignored if a warning at or above it contains "ignored" or "has no ". `unified`:
/// limits are set on cgroup v2, whose scales differ.
std::vector<Covered> coverage_of(std::string_view json, const std::vector<Diagnostic>& warnings,
                                 bool unified);

/// The treatment as a word: "applied", "approximated" or "ignored".
std::string_view word_of(Treatment treatment);

/// The report of validate as one JSON object: valid, errors, warnings, properties.
std::string validation_json(const Diagnostics& diagnostics, const std::vector<Covered>& properties,
                            bool valid);

}  // namespace crux::oci

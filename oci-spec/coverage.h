#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/diagnostics.h"

/// How each property of a configuration is treated (crux validate --strict).
namespace crux::oci {

enum class Treatment : std::uint8_t {
    applied,       ///< as specified
    approximated,  ///< by the closest feature of the host
    kept,          ///< only shown to others: state and hooks
    ignored,       ///< not at all
};

struct Covered {
    std::string pointer;
    Treatment treatment = Treatment::applied;
    std::string why;  ///< empty where applied
};

/// A place in the document whose value is neither an object nor an array of objects.
struct Property {
    std::string pointer;
    bool asks_nothing = false;  ///< false, 0, or empty: what is without it too
};

/// All properties of the document, in its order.
std::vector<Property> properties_of(std::string_view json);

/// What planning for a host says.
struct Planned {
    std::vector<std::string> origins;  ///< the properties that request a step
    bool unified = false;              ///< limits are set on cgroup v2, whose scales differ
};

/// Each property and its treatment. `warnings` are those of parsing, of the rules and of the host;
/// a property is ignored if a warning at or above it contains "ignored" or "has no ", or if no step
/// of the plan is at, above or below it, except the few that have their effect elsewhere. Without a
/// plan, because it failed, only the warnings count.
std::vector<Covered> coverage_of(std::string_view json, const std::vector<Diagnostic>& warnings,
                                 const std::optional<Planned>& planned);

/// The treatment as a word: "applied", "approximated", "kept" or "ignored".
std::string_view word_of(Treatment treatment);

/// The report of validate as one JSON object: valid, errors, warnings, properties.
std::string validation_json(const Diagnostics& diagnostics, const std::vector<Covered>& properties,
                            bool valid);

}  // namespace crux::oci

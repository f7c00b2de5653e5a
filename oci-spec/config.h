#pragma once

#include <string_view>

#include "oci-spec/diagnostics.h"
#include "oci-spec/types.h"

/// From JSON text to types. Each function reports every fault of the text in one run; when there
/// are errors the value holds what could be read and must not be used for anything but looking
/// further.
namespace crux::oci {

/// The version of runtime-spec that crux implements.
inline constexpr std::string_view kSpecVersion = "1.3.0";

struct Parsed {
    Config config;
    Diagnostics diagnostics;
};

struct ParsedProcess {
    Process process;
    Diagnostics diagnostics;
};

struct ParsedResources {
    Resources resources;
    Diagnostics diagnostics;
};

/// The config.json of a bundle. The rules (rules.h) are another step.
Parsed parse_config(std::string_view json);

/// A process document, as exec --process takes it.
ParsedProcess parse_process(std::string_view json);

/// A resources document, as update --resources takes it.
ParsedResources parse_resources(std::string_view json);

}  // namespace crux::oci

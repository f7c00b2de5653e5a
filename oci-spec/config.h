#pragma once

#include <string_view>

#include "oci-spec/diagnostics.h"
#include "oci-spec/types.h"

/// Converts JSON text to types. Each function reports all errors of the text in one run. After an
/// error the value contains only what could be read, and must only be used for further checks.
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

/// Parses the config.json of a bundle, without the rules (rules.h).
Parsed parse_config(std::string_view json);

/// Parses a process document, as for exec --process.
ParsedProcess parse_process(std::string_view json);

/// Parses a resources document, as for update --resources.
ParsedResources parse_resources(std::string_view json);

}  // namespace crux::oci

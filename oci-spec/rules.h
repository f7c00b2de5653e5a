#pragma once

#include <array>
#include <span>
#include <string_view>

#include "oci-spec/config.h"
#include "oci-spec/diagnostics.h"
#include "oci-spec/types.h"

/// What a configuration must keep beyond the types of its values: the MUSTs of the specification,
/// what properties ask of each other, and the grammars of names that become paths or parts of a
/// kernel file's text. Only the configuration itself is judged; what depends on the host (whether a
/// path exists, whether a controller is there) is for those who look at the host.
namespace crux::oci {

/// A named rule. `needs` are the places whose faults would make the rule judge defaults instead of
/// what was written: while parsing has found errors there, the rule rests.
template <class Subject>
struct Rule {
    std::string_view name;
    void (*check)(const Subject& subject, Diagnostics& diagnostics);
    std::array<std::string_view, 3> needs = {};
};

/// Every rule, in the order of the specification.
std::span<const Rule<Config>> config_rules();
/// Those for a process; their pointers start at the process ("/cwd").
std::span<const Rule<Process>> process_rules();
/// Those for resources; their pointers start at the resources ("/memory/limit").
std::span<const Rule<Resources>> resources_rules();

/// The faults that the rules find; `parsed` is what parsing found before.
Diagnostics check_config(const Config& config, const Diagnostics& parsed = {});
Diagnostics check_process(const Process& process, const Diagnostics& parsed = {});
Diagnostics check_resources(const Resources& resources, const Diagnostics& parsed = {});

/// parse_config and then every rule: all faults of the text in one list.
Parsed checked_config(std::string_view json);

}  // namespace crux::oci

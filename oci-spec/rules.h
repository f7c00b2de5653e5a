#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "oci-spec/config.h"
#include "oci-spec/diagnostics.h"
#include "oci-spec/types.h"

/// The requirements on a configuration beyond the types of its values: the MUSTs of the
/// specification, the dependencies between properties, and the syntax of names that become paths or
/// are written to kernel files. Only the configuration is checked; what depends on the host
/// (whether a path exists or a controller is available) is checked elsewhere.
namespace crux::oci {

/// A named rule. `needs` are the places that the rule depends on: if parsing found errors there,
/// the rule is skipped, because it would check defaults instead of the written values.
template <class Subject>
struct Rule {
    std::string_view name;
    void (*check)(const Subject& subject, Diagnostics& diagnostics);
    std::array<std::string_view, 3> needs = {};
};

/// All rules, in the order of the specification.
std::span<const Rule<Config>> config_rules();
/// The rules for a process; their pointers start at the process ("/cwd").
std::span<const Rule<Process>> process_rules();
/// The rules for resources; their pointers start at the resources ("/memory/limit").
std::span<const Rule<Resources>> resources_rules();

/// Runs the rules; `parsed` is the result of parsing.
Diagnostics check_config(const Config& config, const Diagnostics& parsed = {});
Diagnostics check_process(const Process& process, const Diagnostics& parsed = {});
Diagnostics check_resources(const Resources& resources, const Diagnostics& parsed = {});

/// The namespace that a kernel parameter belongs to (sysctl(8), "." or "/" as separator); nothing
/// if it belongs to the whole host.
std::optional<NamespaceType> sysctl_namespace(std::string_view key);

/// parse_config and then all rules: all errors and warnings of the text in one list.
Parsed checked_config(std::string_view json);

}  // namespace crux::oci

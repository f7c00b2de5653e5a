#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/types.h"

namespace crux::oci {

/// The resources of a container after an update: those in `changes`, and otherwise those in
/// `before`. Limits of single devices, page sizes and keys of `unified` are changed one by one; a
/// list of device rules replaces the previous list. As in runc, if memory becomes unlimited, so
/// does swap unless the changes set it, and an idle CPU loses its shares unless the changes set
/// them. 0 counts as not set where it is not a limit (memory, CPU, weights).
Resources updated(const Resources& before, const Resources& changes);

/// The pointers of the properties in `changes`: "/memory/limit", "/devices".
std::vector<std::string> named_by(const Resources& changes);

/// Whether the two lists of device rules are equal.
bool same_rules(const std::vector<DeviceRule>& left, const std::vector<DeviceRule>& right);

/// The text of a configuration with its resources replaced. The text must be a valid configuration;
/// the rest of it is kept, including unknown properties.
std::string with_resources(std::string_view config, const Resources& resources);

/// The text of runc's state.json with these resources of its container, from which the next `runc
/// update` starts. The text must be one that read_record accepts; the rest of it is kept.
std::string with_runc_resources(std::string_view state, const Resources& resources);

/// The resources as JSON: `linux.resources` of a configuration.
std::string resources_json(const Resources& resources);

}  // namespace crux::oci

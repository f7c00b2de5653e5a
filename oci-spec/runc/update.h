#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/types.h"

namespace crux::oci {

/// The resources of a container after an update: what the changes say, and for the rest what it
/// had. Limits for single devices, page sizes and keys of `unified` are changed one by one; a list
/// of device rules replaces the one before. As for runc, memory without a limit has no limit of
/// swap either unless the changes give one, and an idle CPU gives up its shares unless they give
/// some. 0 counts as not given where it is no limit (memory, CPU, weights).
Resources updated(const Resources& before, const Resources& changes);

/// The pointers of what the changes name: "/memory/limit", "/devices".
std::vector<std::string> named_by(const Resources& changes);

/// Whether the two lists of device rules say the same.
bool same_rules(const std::vector<DeviceRule>& left, const std::vector<DeviceRule>& right);

/// The text of a configuration with other resources. For a text that was accepted as a
/// configuration; everything else in it stays, also what nobody here knows.
std::string with_resources(std::string_view config, const Resources& resources);

/// The resources as a document: `linux.resources` of a configuration.
std::string resources_json(const Resources& resources);

}  // namespace crux::oci

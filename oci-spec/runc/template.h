#pragma once

#include <cstdint>
#include <string>

namespace crux::oci {

/// What the configuration that `spec` writes depends on.
struct TemplateOptions {
    bool cgroup_namespace = false;  ///< on hosts of cgroup v2 alone, as runc decides it
    bool rootless = false;          ///< with a user namespace for the two ids, no cgroup limits
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
};

/// A configuration to start from: the one that `runc spec` writes, byte for byte but for the host
/// name, indented by tabs, without a line end at the end.
std::string config_template(const TemplateOptions& options);

}  // namespace crux::oci

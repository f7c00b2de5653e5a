#pragma once

#include <cstdint>
#include <string>

namespace crux::oci {

/// The parameters of the configuration that `spec` writes.
struct TemplateOptions {
    bool cgroup_namespace = false;  ///< only on hosts with cgroup v2, as in runc
    bool rootless = false;  ///< with a user namespace for the two IDs, without cgroup limits
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
};

/// The template that `runc spec` writes, except for the host name: indented by tabs, without a
/// newline at the end.
std::string config_template(const TemplateOptions& options);

}  // namespace crux::oci

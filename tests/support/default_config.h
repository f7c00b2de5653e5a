#pragma once

#include <nlohmann/json.hpp>

namespace crux::test {

/// The config that `runc spec` describes, in our own words: five namespaces (and a cgroup namespace
/// on cgroup v2), seven mounts, three capabilities, masked and read-only paths, a read-only root;
/// but no terminal, and /bin/true for a program.
nlohmann::json default_config();

}  // namespace crux::test

#pragma once

#include <nlohmann/json.hpp>

namespace crux::test {

/// The config that `runc spec` describes: five namespaces (and a cgroup namespace on cgroup v2),
/// seven mounts, three capabilities, masked and read-only paths, a read-only root; but without a
/// terminal, and with /bin/true as the program.
nlohmann::json default_config();

}  // namespace crux::test

#pragma once

#include <array>

#include "runtime/host/facts.h"

namespace crux {

/// Hosts for which plans are made: hybrid, v2, and v2 in a user namespace.
const std::array<host::Facts, 3>& hosts();

}  // namespace crux

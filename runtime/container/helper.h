#pragma once

#include <string>
#include <string_view>

#include "runtime/base/error.h"

namespace crux::container {

/// The path of one of crux's helper programs: in the folder of the running program (as in a build
/// folder), or in ../libexec/crux as seen from it (as installed).
Result<std::string> helper_program(std::string_view name);

}  // namespace crux::container

#pragma once

#include <string_view>

#include "runtime/base/error.h"

namespace crux::cmd {

/// Writes all of the text to the descriptor. The error is "write NAME: …".
Status write_all(int file, std::string_view name, std::string_view text);

/// Writes all of the text to standard output.
Status print(std::string_view text);

}  // namespace crux::cmd

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace crux::sys {

/// The first executable of this name in the absolute directories of a list like PATH, separated by
/// colons; nothing if there is none. Relative directories are skipped: they depend on the caller's
/// working directory.
std::optional<std::string> find_program(std::string_view path, std::string_view name);

}  // namespace crux::sys

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace crux::sys {

/// The first executable of this name in the absolute folders of a list such as PATH's, separated by
/// colons; nothing where none has it. Folders that are relative are passed over: what is there
/// depends on where the caller stands.
std::optional<std::string> find_program(std::string_view path, std::string_view name);

}  // namespace crux::sys

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cmd/crux/command.h"

namespace crux::cmd {

/// The script with which a shell ("bash", "zsh" or "fish") completes commands, flags, container IDs
/// and file names for the program. Another shell is an error: "unknown shell …".
Result<std::string> completion_script(std::string_view shell, std::string_view program,
                                      std::span<const Flag> flags,
                                      std::span<const Command* const> commands);

}  // namespace crux::cmd

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cmd/crux/command.h"

namespace crux::cmd {

/// The script that makes a shell ("bash", "zsh" or "fish") complete commands, flags, the ids of
/// containers and file names for the program. "unknown shell …" for another one.
Result<std::string> completion_script(std::string_view shell, std::string_view program,
                                      std::span<const Flag> flags,
                                      std::span<const Command* const> commands);

}  // namespace crux::cmd

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cmd/crux/command.h"

namespace crux::cmd {

/// The help of the program, under the name that it was started with.
std::string program_help(std::string_view program, std::span<const Flag> flags,
                         std::span<const Command* const> commands);

/// The help of one command. Its first two lines are "NAME:" and "   PROGRAM COMMAND - USAGE".
std::string command_help(std::string_view program, const Command& command);

}  // namespace crux::cmd

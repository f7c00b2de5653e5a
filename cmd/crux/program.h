#pragma once

#include <span>

#include "cmd/crux/command.h"

namespace crux::cmd {

/// The flags that stand before the command's name.
std::span<const Flag> global_flags();

/// Runs the command line with these commands and answers the exit code: what the command says, 1
/// for a failure (or the command's own code for it), 3 for an unknown command.
int run_program(std::span<const Command* const> commands, std::span<const char* const> words);

}  // namespace crux::cmd

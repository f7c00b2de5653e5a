#pragma once

#include <span>

#include "cmd/crux/command.h"

namespace crux::cmd {

/// The flags that precede the command's name.
std::span<const Flag> global_flags();

/// Runs the command line with these commands. Returns the exit status: that of the command, 1 (or
/// the command's failure_code) for a failure, 3 for an unknown command.
int run_program(std::span<const Command* const> commands, std::span<const char* const> words);

}  // namespace crux::cmd

#pragma once

#include "runtime/init/context.h"

namespace crux::init {

/// Writes to standard error why the program was not executed, and exits. One line: "exec PROGRAM:
/// ", the failed call if it is not execve(2), Go's text for the error, which callers match, and in
/// parentheses the seccomp filter if it refuses the call, or what is wrong with the program's file.
[[noreturn]] void exit_with_error_detail(const Context& context, const char* program,
                                         const Outcome& failed, int status);

}  // namespace crux::init

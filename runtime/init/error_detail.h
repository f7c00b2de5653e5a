#pragma once

namespace crux::init {

/// Writes why the kernel did not run the program to standard error, as one line, and exits: "exec
/// PROGRAM: " and Go's words for the error.
[[noreturn]] void exit_with_error_detail(const char* program, int error, int status);

}  // namespace crux::init

#pragma once

namespace crux::init {

/// Writes to standard error why the kernel did not execute the program, and exits. One line: "exec
/// PROGRAM: " and Go's text for the error.
[[noreturn]] void exit_with_error_detail(const char* program, int error, int status);

}  // namespace crux::init

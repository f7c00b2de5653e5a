#pragma once

#include "runtime/init/libc.h"

namespace crux::init {

/// What the kernel had against a program, as one line for whoever reads its standard error: "exec
/// PROGRAM: " and Go's words for the error.
using ErrorDetail = Buffer<4400>;
void write_error_detail(const char* program, int error, ErrorDetail& line);

}  // namespace crux::init

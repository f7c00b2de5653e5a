#pragma once

#include "runtime/init/memory.h"

namespace crux::init {

/// What the kernel had against a program, as one line for whoever reads its standard error: "exec
/// PROGRAM: " and Go's words for the error.
using Complaint = Buffer<4400>;
void complain_of(const char* program, int error, Complaint& line);

}  // namespace crux::init

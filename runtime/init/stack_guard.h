#pragma once

namespace crux::init {

/// Sets the value that -fstack-protector keeps above the arrays of a function, from the random
/// bytes of the kernel (AT_RANDOM). `stack` is the stack pointer at the start of the program.
void set_stack_guard(const long* stack);

}  // namespace crux::init

#pragma once

#include <cstddef>
#include <span>

namespace crux {

/// Reads each operand of each step as init does, with init's own functions, and aborts if one is
/// not inside the block. Init itself does not check this: a plan comes from crux.
void read_as_init(std::span<const std::byte> plan);

}  // namespace crux

#pragma once

#include <cstddef>
#include <span>

namespace crux::init {

/// The ELF file of the init program, to be written to a memfd.
std::span<const std::byte> image();

}  // namespace crux::init

#pragma once

#include <cstddef>
#include <span>

namespace crux::init {

/// The init program's ELF file, as it is written to a memfd.
std::span<const std::byte> image();

}  // namespace crux::init

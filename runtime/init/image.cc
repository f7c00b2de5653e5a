#include "runtime/init/image.h"

extern "C" {
extern const std::byte crux_init_image_begin[];
extern const std::byte crux_init_image_end[];
}

namespace crux::init {

std::span<const std::byte> image() {
    return {crux_init_image_begin, crux_init_image_end};
}

}  // namespace crux::init

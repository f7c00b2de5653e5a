#pragma once

#include "runtime/init/context.h"

namespace crux::init {

constexpr std::size_t kHomeMax = 1024;

/// "HOME=" and the home directory that the container's /etc/passwd gives the user id; "HOME=/" when
/// it gives none. Never fails: an image's passwd can be anything.
void find_home(Context& context, std::uint32_t uid, char (&out)[kHomeMax]);

}  // namespace crux::init

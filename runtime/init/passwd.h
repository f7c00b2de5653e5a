#pragma once

#include "runtime/init/context.h"

namespace crux::init {

constexpr std::size_t kHomeMax = 1024;

/// "HOME=" and the home directory of the user ID in the container's /etc/passwd; "HOME=/" if it has
/// no entry. Never fails: an image's /etc/passwd can be anything.
void find_home(Context& context, std::uint32_t uid, char (&out)[kHomeMax]);

}  // namespace crux::init

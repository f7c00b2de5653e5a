#pragma once

#include "runtime/init/context.h"
#include "runtime/init/passwd_text.h"

namespace crux::init {

/// "HOME=" and the home directory of the user ID in the container's /etc/passwd; "HOME=/" if it has
/// no entry. Never fails: an image's /etc/passwd can be anything.
void find_home(Context& context, std::uint32_t uid, char (&out)[kHomeMax]);

}  // namespace crux::init

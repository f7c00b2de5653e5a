#pragma once

#include "runtime/init/context.h"
#include "runtime/init/passwd_text.h"

namespace crux::init {

/// "HOME=" and the home directory of the user ID in the container's /etc/passwd; "HOME=/" if it has
/// no entry. An image's /etc/passwd can be anything: if there is no such file, or it is none to be
/// read, no user has an entry. If the file cannot be opened or read for another cause, the result
/// is "HOME=/" and the error.
Outcome find_home(Context& context, std::uint32_t uid, char (&out)[kHomeMax]);

}  // namespace crux::init

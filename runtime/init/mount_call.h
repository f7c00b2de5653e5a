#pragma once

#include "runtime/init/context.h"

namespace crux::init {

/// Makes a filesystem by mount(2), as Mount::call says, and returns its mount, which is not
/// attached (docs/decisions/0017).
Outcome mount_detached(Context& context, const plan::Mount& step);

}  // namespace crux::init

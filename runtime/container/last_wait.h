#pragma once

#include "runtime/container/context.h"
#include "runtime/privilege/privilege.h"

namespace crux::container {

/// Gives up what a process does not need that only waits for a program, prints its warnings and
/// exits: all files, all system calls but those for that, and all capabilities but these.
void prepare_last_wait(const Context& context, capability::Set kept, privilege::Bounding bounding);

}  // namespace crux::container

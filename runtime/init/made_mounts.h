#pragma once

#include "runtime/init/context.h"

/// The mounts that init has made, by their paths in the container. A process that can change the
/// image can exchange the directory of a mount point for another one: the mount then stands at
/// another name. So a later step does not look up the mount again, but starts at its descriptor
/// (rule R3).
namespace crux::init {

/// Records a mount at a path. The mounts at and below this path that were recorded before are
/// hidden from now on. Takes the descriptor if the current step has the flag plan::kKept.
Outcome remember_mount(Context& context, plan::Text path, Owned& mount);

/// The same for a mount that a bind step has examined already.
Outcome remember_mount(Context& context, plan::Text path, Owned& mount, const Statx& status);

/// The nearest recorded mount at or above a path, and the rest of the path.
struct BelowMount {
    int descriptor = -1;  ///< -1: there is none
    const char* rest = nullptr;
};
BelowMount nearest_mount(const Context& context, const char* path);

/// Closes the descriptors.
void forget_mounts(Context& context);

}  // namespace crux::init

#pragma once

#include "runtime/init/context.h"

/// Mounts as descriptors: they are changed while detached, and attached by descriptor (rule R3).
namespace crux::init {

/// A copy of the mount that a descriptor refers to; if recursive, with the mounts below it.
Outcome clone_mount(int descriptor, bool recursive);

/// An empty read-only directory to cover others with: a copy of the context's one, which is
/// created first if there is none.
Outcome empty_directory(Context& context);

/// Attaches a detached mount on the file or directory that `target` refers to.
Outcome attach(int mount, int target);

/// Sets and clears attributes of a mount, recursive ones also for the mounts below it; maps its IDs
/// by a user namespace unless `idmap` < 0. Linux 5.12; on older kernels only what a remount by
/// mount(2) can do: attributes of one mount.
Outcome set_attributes(int mount, const plan::Attributes& attributes, int idmap);

/// The same for a detached mount, which is then attached. mount(2) cannot remount a detached mount:
/// before Linux 5.12 the mount is attached first.
Outcome attach_with(int mount, int target, const plan::Attributes& attributes, int idmap);

/// Applies up to four changes of propagation in order.
Outcome propagate(int mount, std::uint32_t in_order);

}  // namespace crux::init

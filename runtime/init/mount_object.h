#pragma once

#include "runtime/init/context.h"

/// Mounts as objects: descriptors that are changed while detached and attached on descriptors (rule
/// R3).
namespace crux::init {

/// A copy of the mount (of the whole tree below it, if recursive) that a descriptor stands for.
Outcome clone_mount(int descriptor, bool recursive);

/// One empty read-only directory serves all that is covered: a copy of the one that the context
/// holds, a new one as long as it holds none.
Outcome empty_directory(Context& context);

/// Attaches a detached mount on what `target` stands for.
Outcome attach(int mount, int target);

/// Sets and clears attributes of a mount, recursive ones for the tree below too; optionally maps
/// its ids by a user namespace (`idmap` < 0: not). Linux 5.12; before that, what the old remount
/// can do: attributes of one mount.
Outcome set_attributes(int mount, const plan::Attributes& attributes, int idmap);

/// The same for a detached mount, which is attached then. The old remount knows no detached mounts:
/// before Linux 5.12 it follows on the attaching.
Outcome attach_with(int mount, int target, const plan::Attributes& attributes, int idmap);

/// Applies up to four changes of propagation in order.
Outcome propagate(int mount, std::uint32_t in_order);

}  // namespace crux::init

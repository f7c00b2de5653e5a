#pragma once

#include "runtime/init/context.h"

/// Names inside the container become descriptors here and nowhere else in init (rule R1).
namespace crux::init {

enum class Target : std::uint8_t { directory, file };

/// Opens a path inside the container's root: symbolic links cannot leave it, magic links are
/// refused. `flags` are open(2)'s; close-on-exec is added. Once the root's descriptor is given up,
/// "/" is the root.
Outcome open_in_root(Context& context, const char* path, int flags);

/// The same, but a symbolic link anywhere in the path is an error: for what must be exactly there.
Outcome open_exactly(Context& context, const char* path, int flags);

/// An O_PATH descriptor of a mount target; what is missing of it is made, without following
/// anything that is not inside the root (rule R2). Dangling links are resolved inside the root.
Outcome make_target(Context& context, const char* path, Target kind);

/// The parent directory of a path, made if missing, and the path's last name.
struct ParentAndName {
    Outcome parent;
    const char* name;
};
ParentAndName make_parent(Context& context, const char* path);

/// Type, device number and owner of what a descriptor stands for.
Outcome status_of(int descriptor, Statx& status);

}  // namespace crux::init

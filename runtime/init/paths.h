#pragma once

#include "runtime/init/context.h"

/// Opens paths inside the container. Init resolves them nowhere else (rule R1).
namespace crux::init {

enum class Target : std::uint8_t { directory, file };

/// Opens a path inside the container's root: symbolic links cannot lead outside, and magic links
/// are refused. A path at or below a mount that init has made starts at the descriptor of this
/// mount, unless a symbolic link leads out of it. `flags` are those of open(2); close-on-exec is
/// added. Once the descriptor of the root is closed, "/" is the root.
Outcome open_in_root(Context& context, const char* path, int flags);

/// Opens a path at or below a mount that init has made, from its descriptor. EXDEV if there is no
/// such mount, or if a symbolic link leads out of it.
Outcome open_below_mount(Context& context, const char* path, int flags);

/// As open_in_root, but always by name from the root: what the program will find.
Outcome open_by_name(Context& context, const char* path, int flags);

/// The same, but a symbolic link anywhere in the path is an error.
Outcome open_exactly(Context& context, const char* path, int flags);

/// An O_PATH descriptor of a mount target. Missing parts are created, without following anything
/// that is not inside the root (rule R2). Dangling links are resolved inside the root.
Outcome make_target(Context& context, const char* path, Target kind);

/// The parent directory of a path, created if it does not exist, and the last name of the path.
struct ParentAndName {
    Outcome parent;
    const char* name;
};
ParentAndName make_parent(Context& context, const char* path);

/// Type, device number and owner of the file that a descriptor refers to.
Outcome status_of(int descriptor, Statx& status);

}  // namespace crux::init

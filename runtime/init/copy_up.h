#pragma once

#include "runtime/init/context.h"

namespace crux::init {

/// Copies the content of a directory (files, directories, links, nodes, with owners, modes and
/// times) into a new tmpfs that will be mounted on it: the tmpcopyup option.
Outcome copy_up(Context& context, int from, int to);

}  // namespace crux::init

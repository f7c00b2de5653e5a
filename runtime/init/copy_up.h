#pragma once

#include "runtime/init/context.h"

namespace crux::init {

/// Copies what a directory holds (files, directories, links, nodes, with owners, modes and times)
/// into a new tmpfs that is about to cover it: the tmpcopyup option.
Outcome copy_up(Context& context, int from, int to);

}  // namespace crux::init

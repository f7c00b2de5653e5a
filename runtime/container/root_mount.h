#pragma once

#include "runtime/launch/journal.h"
#include "runtime/plan/plan.h"

namespace crux::container {

/// Makes the root of a container without a mount namespace a mount of its own, which the journal
/// names before it is attached. Does nothing where the plan asks for none.
Status mount_root(launch::Journal& journal, const plan::HostPart& host);

/// Takes the mount away that the journal names, with all that lies on it and below it; does nothing
/// where it is not there, whatever else is mounted at its path.
Status take_away(const launch::Journal::Mount& mount);

}  // namespace crux::container

#pragma once

#include "runtime/init/context.h"

namespace crux::init {

/// Tells whoever listens that the current step failed: the parent while it is there, start
/// afterwards.
void report_failure(Context& context, const Outcome& outcome);

/// Tells the parent of a failure that the container can live with.
void report_warning(Context& context, const Outcome& outcome);

#ifdef CRUX_FAULTS
/// Does what the plan wants to go wrong before this step.
Outcome meet_fault(Context& context);
#endif

}  // namespace crux::init

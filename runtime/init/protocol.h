#pragma once

#include "runtime/init/context.h"

namespace crux::init {

/// Reports that the current step failed: to the parent until the barrier, to start after it.
void report_failure(Context& context, const Outcome& outcome);

/// Reports a failure to the parent as a warning: the container can run without the step.
void report_warning(Context& context, const Outcome& outcome);

#ifdef CRUX_FAULTS
/// Injects the plan's fault before this step.
Outcome meet_fault(Context& context);
#endif

}  // namespace crux::init

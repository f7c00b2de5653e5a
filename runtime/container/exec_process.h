#pragma once

#include "oci-spec/types.h"
#include "runtime/base/error.h"
#include "runtime/container/options.h"

namespace crux::container {

/// The process that exec is to run: the document of --process, or the container's own process
/// changed by the options.
Result<oci::Process> exec_process(const ExecOptions& options, const oci::Config& config);

}  // namespace crux::container

#pragma once

#include "oci-spec/runc/record.h"
#include "oci-spec/state.h"
#include "runtime/container/context.h"
#include "runtime/container/options.h"
#include "runtime/container/prepare.h"
#include "runtime/sys/handle.h"
#include "runtime/sys/process.h"

/// What is written down about a container that is being created.
namespace crux::container {

/// A container's first process.
struct InitProcess {
    pid_t pid = 0;
    sys::Pidfd pidfd;
};

/// The state document of a container that is being created, for its hooks.
oci::State hook_state(const Prepared& prepared, std::string_view id, int pid);

/// The record of a container whose first process is this one.
Result<oci::ContainerRecord> record_of(const Context& context, const Prepared& prepared,
                                       const CreateOptions& options, pid_t pid, sys::FdRef pidfd);

}  // namespace crux::container

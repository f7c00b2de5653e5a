#pragma once

#include <optional>

#include "runtime/cgroup/group.h"
#include "runtime/container/store.h"
#include "runtime/sys/process.h"

namespace crux::container {

/// The word for a status, as the state document has it.
const char* word_of(oci::Status status);

/// A container that exists: its state directory and record.
struct ExistingContainer {
    StateDirectory state;
    oci::ContainerRecord record;
};

/// Opens a container. "container does not exist" where there is none, or only a half-made one.
Result<ExistingContainer> load(const StateRoot& place, std::string_view id);

/// The container's init, if it is still the process that was recorded: pid, start time and, where
/// the kernel has it, the pidfd's inode agree, and it is no zombie. Nothing otherwise.
Result<std::optional<sys::Pidfd>> live_init(const oci::ContainerRecord& record);

/// The container's cgroup, from the journal.
Result<cgroup::Group> group_of(const StateDirectory& state);

/// What the container is doing now. The freezer is asked first: a frozen container is paused even
/// when its init is dead, until somebody thaws it.
Result<oci::Status> status_of(const ExistingContainer& container);

/// Its state document.
Result<oci::State> state_of(const ExistingContainer& container);

}  // namespace crux::container

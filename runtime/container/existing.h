#pragma once

#include <optional>
#include <string>

#include "oci-spec/types.h"
#include "runtime/cgroup/group.h"
#include "runtime/container/context.h"
#include "runtime/container/store.h"
#include "runtime/launch/journal.h"
#include "runtime/sys/process.h"

namespace crux::container {

/// The word for a status, as the state document has it.
const char* word_of(oci::Status status);

/// A container that exists: its state directory and record.
struct ExistingContainer {
    StateDirectory state;
    oci::ContainerRecord record;
};

/// Opens a container. "container does not exist" where there is none; of an interrupted create it
/// says what removes it.
Result<ExistingContainer> load(const StateRoot& state_root, std::string_view id);
/// The same for the context's container.
inline Result<ExistingContainer> load(const Context& context) {
    return load(context.state_root, context.id);
}

/// The same, and locks it: for what must not happen beside another change of the container.
Result<ExistingContainer> load_locked(const Context& context);

/// The copy of config.json that a container was created from.
struct StoredConfig {
    std::string text;
    oci::Config config;
};
/// Of a container of runc, which keeps none, the one in its bundle.
Result<StoredConfig> stored_config(const ExistingContainer& container);

/// The container's init, if it is still the process that was recorded: pid, start time and, where
/// the kernel has it, the pidfd's inode match, and it is not a zombie. Nothing otherwise. An error
/// if this cannot be found out: nobody may act as if init were dead then.
Result<std::optional<sys::Pidfd>> live_init(const oci::ContainerRecord& record);

/// Whether init has ended, or has been sent a signal that ends it as soon as it runs.
Result<bool> is_ending(const oci::ContainerRecord& record);

/// What the container has of the host: its journal, or for a container of another runtime what its
/// record says.
Result<launch::Journal::Content> resources_of(const ExistingContainer& container);

/// The container's cgroup.
Result<cgroup::Group> group_of(const ExistingContainer& container);

/// What the container is doing now. The freezer is read first: a frozen container is paused, even
/// with a dead init, until it is thawed.
Result<oci::Status> status_of(const ExistingContainer& container);

/// Its state document.
Result<oci::State> state_of(const ExistingContainer& container);

}  // namespace crux::container

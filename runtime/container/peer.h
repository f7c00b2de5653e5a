#pragma once

#include <optional>
#include <string_view>

#include "oci-spec/runc/record.h"
#include "runtime/container/store.h"
#include "runtime/launch/journal.h"

/// Containers that runc or crun made, in a state root of theirs.
namespace crux::container {

/// The name of the program that made a container: "runc".
const char* name_of(oci::Maker maker);

/// The record of a container of crun, from the files in this state directory; nothing if they are
/// not crun's.
Result<std::optional<oci::ContainerRecord>> read_crun_record(const StateDirectory& state);

/// What a container of another runtime has of the host, as the journal has it for a container of
/// crux: its cgroups, all processes of which are the container's, and its systemd unit.
Result<launch::Journal::Content> peer_resources(const oci::ContainerRecord& record);

/// Refuses what only the maker can do with its container ("start", "checkpoint"), because it
/// depends on the inside of its init or of its files.
Status refuse_peer(const oci::ContainerRecord& record, std::string_view operation);

}  // namespace crux::container

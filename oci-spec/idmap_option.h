#pragma once

#include "oci-spec/types.h"

/// crun's mount option "idmap=uids=0-1-10#10-11-10;gids=0-100-10": the ID mappings of the mount, as
/// ID in the file system, ID on the host, number of IDs.
namespace crux::oci {

class Reader;

/// Whether an option of a mount is one.
bool is_idmap_option(std::string_view option);

/// Reads an option that is one into the mappings of the mount; an error of the option if it is
/// invalid, or if the mount has other mappings.
void read_idmap_option(const Reader& option, Mount& mount);

/// Makes the mappings that are relative to those of the container ("uids=@0-1-10") absolute. Those
/// whose ID the container does not have stay relative.
void make_absolute(Config& config);

}  // namespace crux::oci

#pragma once

#include <string>
#include <string_view>

#include "oci-spec/types.h"
#include "runtime/container/operations.h"

namespace crux::container {

struct UpdateOptions {
    oci::Resources changes;       ///< what is absent stays as it is
    std::string l3_cache_schema;  ///< of the container's class of service; empty: as it is
    std::string mem_bw_schema;    ///< the same
};

/// Changes the limits of a container that is created, running or paused, all or nothing: whatever
/// can be judged is judged before the first write, and a value that the kernel refuses brings back
/// what was there before. Only what the changes name, or what follows from it, is written; device
/// rules where they differ from the container's. The container's own copy of its configuration says
/// it from then on, so that later updates build on it.
Status update(const StateRoot& place, std::string_view id, const UpdateOptions& options,
              Warnings& warnings);

}  // namespace crux::container

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "runtime/cgroup/dirs.h"

namespace crux::cgroup {

/// The file that freezes a container, and the values to write.
struct FreezerFile {
    std::uint32_t dir = 0;
    int version = 1;
    std::string_view file;
    std::string_view frozen;
    std::string_view thawed;
};

/// freezer.state of the v1 freezer if a directory has it, else cgroup.freeze of the unified
/// hierarchy (Linux 5.2); nothing if the container has neither.
std::optional<FreezerFile> freezer_file(std::span<const CgroupDir> dirs);

}  // namespace crux::cgroup

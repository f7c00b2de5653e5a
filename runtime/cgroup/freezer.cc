#include "runtime/cgroup/freezer.h"

namespace crux::cgroup {

std::optional<FreezerFile> freezer_file(std::span<const CgroupDir> dirs) {
    // v1 first: on a hybrid host other tools use its freezer, and two freezers would need two
    // thaws.
    for (std::size_t i = 0; i < dirs.size(); ++i)
        if (dirs[i].version == 1 && dirs[i].has("freezer"))
            return FreezerFile{.dir = static_cast<std::uint32_t>(i),
                               .version = 1,
                               .file = "freezer.state",
                               .frozen = "FROZEN",
                               .thawed = "THAWED"};
    int unified = unified_dir(dirs);
    if (unified < 0) return std::nullopt;
    return FreezerFile{.dir = static_cast<std::uint32_t>(unified),
                       .version = 2,
                       .file = "cgroup.freeze",
                       .frozen = "1",
                       .thawed = "0"};
}

}  // namespace crux::cgroup

#include "runtime/container/loaded.h"

namespace crux::container {

Result<std::vector<int>> processes(const Place& place, std::string_view id) {
    const Loaded container = TRY(load(place, id));
    const cgroup::Group group = TRY(group_of(container.state));
    return group.processes();
}

}  // namespace crux::container

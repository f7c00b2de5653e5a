#include "runtime/container/existing.h"

namespace crux::container {

Result<std::vector<int>> processes(const StateRoot& place, std::string_view id) {
    const ExistingContainer container = TRY(load(place, id));
    const cgroup::Group group = TRY(group_of(container.state));
    return group.processes();
}

}  // namespace crux::container

#include "runtime/container/existing.h"
#include "runtime/container/operations.h"

namespace crux::container {

Result<std::vector<int>> processes(const Context& context) {
    const ExistingContainer container = TRY(load(context));
    const cgroup::Group group = TRY(group_of(container));
    return group.processes();
}

}  // namespace crux::container

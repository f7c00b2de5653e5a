#include "runtime/container/existing.h"
#include "runtime/container/operations.h"

namespace crux::container {

Status pause(const Context& context) {
    const ExistingContainer container = TRY(load(context));
    const oci::Status status = TRY(status_of(container));
    if (status != oci::Status::running && status != oci::Status::created)
        return fail(Error::Kind::state, "container not running");
    const cgroup::Group group = TRY(group_of(container.state));
    return group.freeze();
}

Status resume(const Context& context) {
    const ExistingContainer container = TRY(load(context));
    if (TRY(status_of(container)) != oci::Status::paused)
        return fail(Error::Kind::state, "container not paused");
    const cgroup::Group group = TRY(group_of(container.state));
    return group.thaw();
}

}  // namespace crux::container

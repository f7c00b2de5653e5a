#include "runtime/container/existing.h"

namespace crux::container {

Status pause(const StateRoot& place, std::string_view id) {
    const ExistingContainer container = TRY(load(place, id));
    const oci::Status status = TRY(status_of(container));
    if (status != oci::Status::running && status != oci::Status::created)
        return fail(Error::Kind::state, "container not running");
    const cgroup::Group group = TRY(group_of(container.state));
    return group.freeze();
}

Status resume(const StateRoot& place, std::string_view id) {
    const ExistingContainer container = TRY(load(place, id));
    if (TRY(status_of(container)) != oci::Status::paused)
        return fail(Error::Kind::state, "container not paused");
    const cgroup::Group group = TRY(group_of(container.state));
    return group.thaw();
}

}  // namespace crux::container

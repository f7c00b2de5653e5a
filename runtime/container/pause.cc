#include "runtime/container/existing.h"
#include "runtime/container/operations.h"

namespace crux::container {

Status pause(const Context& context) {
    const ExistingContainer container = TRY(load_locked(context));
    const oci::Status status = TRY(status_of(container));
    if (status != oci::Status::running && status != oci::Status::created)
        return fail(Error::Kind::state, "container not running");
    const cgroup::Group group = TRY(group_of(container));
    TRY(group.freeze());
    // A kill needs no lock: it sends its signal, then it thaws. If its thaw came before our freeze,
    // its signal came before this look.
    auto ending = is_ending(container.record);
    if (ending && !*ending) return {};
    TRY(group.thaw());
    if (!ending) return std::unexpected(std::move(ending).error());
    return fail(Error::Kind::state, "container not running");
}

Status resume(const Context& context) {
    const ExistingContainer container = TRY(load_locked(context));
    const cgroup::Group group = TRY(group_of(container));
    switch (TRY(group.freezer_state())) {
        case cgroup::FreezerState::frozen:
        // A pause that was killed leaves this.
        case cgroup::FreezerState::freezing:
            return group.thaw();
        case cgroup::FreezerState::none:
        case cgroup::FreezerState::thawed:
            break;
    }
    return fail(Error::Kind::state, "container not paused");
}

}  // namespace crux::container

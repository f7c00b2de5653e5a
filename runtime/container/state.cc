#include "runtime/container/existing.h"

namespace crux::container {

Result<oci::State> state(const StateRoot& place, std::string_view id) {
    const ExistingContainer container = TRY(load(place, id));
    return state_of(container);
}

}  // namespace crux::container

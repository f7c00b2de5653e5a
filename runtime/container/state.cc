#include "runtime/container/loaded.h"

namespace crux::container {

Result<oci::State> state(const Place& place, std::string_view id) {
    const Loaded container = TRY(load(place, id));
    return state_of(container);
}

}  // namespace crux::container

#include "runtime/container/existing.h"
#include "runtime/container/operations.h"

namespace crux::container {

Result<oci::State> state(const Context& context) {
    const ExistingContainer container = TRY(load(context));
    return state_of(container);
}

}  // namespace crux::container

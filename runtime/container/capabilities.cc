#include "runtime/container/capabilities.h"

#include "runtime/base/text.h"
#include "runtime/capability/kernel.h"

namespace crux::container {

void keep_grantable(const Context& context, oci::Capabilities& sets, bool user_namespace,
                    std::string_view origin) {
    const oci::CapabilitySet wanted =
        sets.bounding | sets.permitted | sets.effective | sets.inheritable | sets.ambient;
    const oci::CapabilitySet missing = user_namespace ? 0 : capability::outside_bounding(wanted);
    if (missing != 0) {
        context.warn(cat(origin, "/capabilities: cannot be granted: ",
                         join(capability::names_of(missing), ", ")));
        for (oci::CapabilitySet* set :
             {&sets.bounding, &sets.permitted, &sets.effective, &sets.inheritable, &sets.ambient})
            *set &= ~missing;
    }
    // The rules of the specification warn of these.
    sets.effective &= sets.permitted;
    sets.ambient &= sets.permitted & sets.inheritable;
}

}  // namespace crux::container

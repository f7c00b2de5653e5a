#include "runtime/container/capabilities.h"

#include <sys/prctl.h>

#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/sys/process.h"

namespace crux::container {

namespace {

/// Those of the set that our bounding set does not have (capabilities(7)), or that the kernel does
/// not know.
oci::CapabilitySet out_of_bounds(oci::CapabilitySet wanted) {
    oci::CapabilitySet missing = 0;
    for (unsigned number = 0; number < oci::kCapabilities.size(); ++number) {
        const oci::CapabilitySet bit = oci::capability_bit(number);
        if ((wanted & bit) == 0) continue;
        auto has = sys::prctl(PR_CAPBSET_READ, number);
        if (!has || *has == 0) missing |= bit;
    }
    return missing;
}

std::string names_of(oci::CapabilitySet set) {
    std::string names;
    for (unsigned number = 0; number < oci::kCapabilities.size(); ++number)
        if ((set & oci::capability_bit(number)) != 0)
            names += cat(names.empty() ? "" : ", ", oci::kCapabilities[number]);
    return names;
}

}  // namespace

void keep_grantable(const Context& context, oci::Capabilities& sets, bool user_namespace,
                    std::string_view origin) {
    const oci::CapabilitySet wanted =
        sets.bounding | sets.permitted | sets.effective | sets.inheritable | sets.ambient;
    const oci::CapabilitySet missing = user_namespace ? 0 : out_of_bounds(wanted);
    if (missing != 0) {
        context.warn(cat(origin, "/capabilities: cannot be granted: ", names_of(missing)));
        for (oci::CapabilitySet* set :
             {&sets.bounding, &sets.permitted, &sets.effective, &sets.inheritable, &sets.ambient})
            *set &= ~missing;
    }
    // The rules of the specification warn of these.
    sets.effective &= sets.permitted;
    sets.ambient &= sets.permitted & sets.inheritable;
}

}  // namespace crux::container

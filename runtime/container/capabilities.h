#pragma once

#include <string_view>

#include "oci-spec/types.h"
#include "runtime/container/context.h"

namespace crux::container {

/// Whether the container is in a user namespace that its config names.
inline bool has_user_namespace(const oci::Config& config) {
    return oci::find_namespace(config.linux, oci::NamespaceType::user) != nullptr;
}

/// Takes from the sets what the process cannot be given, which config.md wants to be a warning:
/// what this process may not hold itself (all can be held in a user namespace of the container's
/// own), effective capabilities that are not permitted, and ambient ones that are not permitted and
/// inheritable. `origin` is the process's JSON pointer.
void keep_grantable(const Context& context, oci::Capabilities& sets, bool user_namespace,
                    std::string_view origin);

}  // namespace crux::container

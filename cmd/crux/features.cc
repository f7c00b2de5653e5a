#include "oci-spec/features.h"

#include "cmd/crux/commands.h"
#include "cmd/crux/version.h"

namespace crux::cmd {

namespace {

Result<int> run_features(Call& /*call*/) {
    TRY(print(oci::features_json(this_build())));
    return 0;
}

}  // namespace

const Command kFeatures = {
    .name = "features",
    .usage = "print the features that this runtime supports as JSON",
    .description =
        "Print the features structure of the OCI runtime specification (features.md). It lists "
        "all\n"
        "namespaces, capabilities, mount options and other values that crux accepts.",
    .stateless = true,
    .run = run_features,
};

}  // namespace crux::cmd

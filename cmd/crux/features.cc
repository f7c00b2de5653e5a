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
    .usage = "print what this runtime can do as JSON",
    .description =
        "The document of the runtime specification's features.md: what is listed is accepted in\n"
        "a config.json, and what is accepted is listed.",
    .stateless = true,
    .run = run_features,
};

}  // namespace crux::cmd

#include "cmd/crux/commands.h"
#include "cmd/crux/creation.h"

namespace crux::cmd {

namespace {

constexpr Flag kFlags[] = {
    kBundleFlag,  kConfigFlag,       kConsoleSocketFlag, kPidfdSocketFlag, kPidFileFlag,
    kNoPivotFlag, kNoNewKeyringFlag, kPreserveFdsFlag,   kNoSubreaperFlag,
};

Result<int> run_create(Call& call) {
    container::CreateOptions options;
    TRY(take_creation_options(call, options));
    options.config_file = call.options.text("config");
    TRY(container::create(context_of(call), options));
    return 0;
}

}  // namespace

const Command kCreate = {
    .name = "create",
    .usage = "create a container from a bundle, without starting its program",
    .arguments = "<container-id>",
    .description =
        "Set up the container that the bundle's config.json describes. Its program runs when\n"
        "\"start\" is called.",
    .flags = kFlags,
    .least = 1,
    .most = 1,
    .failure = "runc create failed: ",
    .run = run_create,
};

}  // namespace crux::cmd

#include "cmd/crux/commands.h"
#include "cmd/crux/creation.h"

namespace crux::cmd {

namespace {

constexpr Flag kFlags[] = {
    kBundleFlag,  kConsoleSocketFlag, kPidfdSocketFlag, kPidFileFlag,
    kNoPivotFlag, kNoNewKeyringFlag,  kPreserveFdsFlag, kNoSubreaperFlag,
};

Result<int> run_create(Call& call) {
    container::CreateOptions options;
    TRY(take_creation_options(call, options));
    TRY(container::create(context_of(call), options));
    return 0;
}

}  // namespace

const Command kCreate = {
    .name = "create",
    .usage = "make a container from a bundle, up to the moment before its program runs",
    .arguments = "<container-id>",
    .description =
        "Sets everything up that the bundle's config.json asks for. The program of the\n"
        "container waits until \"start\" lets it run.",
    .flags = kFlags,
    .least = 1,
    .most = 1,
    .failure = "runc create failed: ",
    .run = run_create,
};

}  // namespace crux::cmd

#include "cmd/crux/commands.h"
#include "cmd/crux/creation.h"

namespace crux::cmd {

namespace {

constexpr Flag kFlags[] = {
    kBundleFlag,
    kConsoleSocketFlag,
    kPidfdSocketFlag,
    {.name = "detach", .letters = "d", .help = "return as soon as the program runs"},
    {.name = "keep", .help = "do not delete the container when its program has ended"},
    kPidFileFlag,
    kNoSubreaperFlag,
    kNoPivotFlag,
    kNoNewKeyringFlag,
    kPreserveFdsFlag,
};

Result<int> run_run(Call& call) {
    container::RunOptions options;
    TRY(take_creation_options(call, options));
    options.detach = call.options.on("detach");
    options.keep = call.options.on("keep");
    options.no_subreaper = call.options.on("no-subreaper");
    return container::run(context_of(call), options);
}

}  // namespace

const Command kRun = {
    .name = "run",
    .usage = "make a container from a bundle and run its program",
    .arguments = "<container-id>",
    .description =
        "Like create and start in one. In the foreground it passes signals on, leaves with\n"
        "the program's exit code (128 and the signal's number if one killed it) and deletes\n"
        "the container.",
    .flags = kFlags,
    .least = 1,
    .most = 1,
    .failure = "runc run failed: ",
    .run = run_run,
};

}  // namespace crux::cmd

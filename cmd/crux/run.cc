#include "cmd/crux/commands.h"
#include "cmd/crux/creation.h"

namespace crux::cmd {

namespace {

constexpr Flag kFlags[] = {
    kBundleFlag,
    kConfigFlag,
    kConsoleSocketFlag,
    kPidfdSocketFlag,
    {.name = "detach", .letters = "d", .help = "return as soon as the program is running"},
    {.name = "keep", .help = "keep the container after its program has exited"},
    kPidFileFlag,
    kNoSubreaperFlag,
    kNoPivotFlag,
    kNoNewKeyringFlag,
    kPreserveFdsFlag,
};

Result<int> run_run(Call& call) {
    container::RunOptions options;
    TRY(take_creation_options(call, options));
    options.config_file = call.options.text("config");
    options.detach = call.options.on("detach");
    options.keep = call.options.on("keep");
    options.no_subreaper = call.options.on("no-subreaper");
    return container::run(context_of(call), options);
}

}  // namespace

const Command kRun = {
    .name = "run",
    .usage = "create a container from a bundle and run its program",
    .arguments = "<container-id>",
    .description =
        "Create and start the container. In the foreground, signals are forwarded to the program,\n"
        "the container is deleted when the program has exited, and the exit status is that of the\n"
        "program, or 128 plus the signal number if a signal killed it.",
    .flags = kFlags,
    .least = 1,
    .most = 1,
    .failure = "runc run failed: ",
    .run = run_run,
};

}  // namespace crux::cmd

#include "cmd/crux/commands.h"
#include "cmd/crux/creation.h"
#include "cmd/crux/criu_flags.h"

namespace crux::cmd {

namespace {

constexpr Flag kFlags[] = {
    kConsoleSocketFlag,
    kPidfdSocketFlag,
    kImagePathFlag,
    kWorkPathFlag,
    kTcpEstablishedFlag,
    {.name = "tcp-close", .help = "restore TCP connections in the closed state"},
    kExtUnixSkFlag,
    kShellJobFlag,
    kFileLocksFlag,
    kManageCgroupsModeFlag,
    kBundleFlag,
    {.name = "detach", .letters = "d", .help = "return as soon as the container is running"},
    kPidFileFlag,
    kNoSubreaperFlag,
    kNoPivotFlag,
    kEmptyNsFlag,
    kAutoDedupFlag,
    kLazyPagesFlag,
    {.name = "lsm-profile",
     .takes = Takes::text,
     .help = "use this security profile instead of the saved one",
     .value_name = "type:name"},
    {.name = "lsm-mount-context",
     .takes = Takes::text,
     .help = "use this mount context instead of the saved one",
     .value_name = "context"},
    // Callers pass these flags of checkpoint and create to restore too; the images contain the
    // values.
    {.name = "no-new-keyring", .hidden = Hidden::yes, .help = "ignored"},
    {.name = "parent-path", .takes = Takes::text, .hidden = Hidden::yes, .help = "ignored"},
    {.name = "page-server", .takes = Takes::text, .hidden = Hidden::yes, .help = "ignored"},
    {.name = "preserve-fds",
     .takes = Takes::number,
     .hidden = Hidden::yes,
     .initial = "0",
     .help = "must be 0: a restored process has the file descriptors that were saved"},
};

Result<int> run_restore(Call& call) {
    const Options& given = call.options;
    container::RestoreOptions options;
    TRY(take_criu_options(given, options.criu));
    options.criu.tcp_close = given.on("tcp-close");
    options.criu.lsm_profile = given.text("lsm-profile");
    options.criu.lsm_mount_context = given.text("lsm-mount-context");
    if (given.number("preserve-fds") != 0)
        return fail(Error::Kind::usage,
                    "--preserve-fds must be 0: a restored process has the file descriptors that "
                    "were saved");
    TRY(take_creation_options(call, options));
    options.detach = given.on("detach");
    options.no_subreaper = given.on("no-subreaper");
    warn_of_rootless(call);
    return container::restore(context_of(call), options);
}

}  // namespace

const Command kRestore = {
    .name = "restore",
    .usage = "restore a container from the images of a checkpoint",
    .arguments = "<container-id>",
    .description =
        "Create the container of the bundle and continue the processes that were saved. In the\n"
        "foreground, signals and the exit status are handled as by \"run\".",
    .flags = kFlags,
    .least = 1,
    .most = 1,
    .run = run_restore,
};

}  // namespace crux::cmd

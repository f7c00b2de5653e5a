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
    {.name = "tcp-close", .help = "restore TCP connections as closed ones"},
    kExtUnixSkFlag,
    kShellJobFlag,
    kFileLocksFlag,
    kManageCgroupsModeFlag,
    kBundleFlag,
    {.name = "detach", .letters = "d", .help = "return as soon as the container runs"},
    kPidFileFlag,
    kNoSubreaperFlag,
    kNoPivotFlag,
    kEmptyNsFlag,
    kAutoDedupFlag,
    kLazyPagesFlag,
    {.name = "lsm-profile",
     .takes = Takes::text,
     .help = "profile to restore with instead of the saved one",
     .value_name = "type:name"},
    {.name = "lsm-mount-context",
     .takes = Takes::text,
     .help = "mount context to restore with instead of the saved one",
     .value_name = "context"},
    // Sent by callers that give restore what they give checkpoint or create; the images say it.
    {.name = "no-new-keyring", .hidden = Hidden::yes, .help = "ignored"},
    {.name = "parent-path", .takes = Takes::text, .hidden = Hidden::yes, .help = "ignored"},
    {.name = "page-server", .takes = Takes::text, .hidden = Hidden::yes, .help = "ignored"},
    {.name = "preserve-fds",
     .takes = Takes::number,
     .hidden = Hidden::yes,
     .initial = "0",
     .help = "refused but for 0: no descriptor can be given to a program that was saved"},
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
                    "--preserve-fds: no descriptor can be given to a program that was saved");
    TRY(take_creation_options(call, options));
    options.detach = given.on("detach");
    options.no_subreaper = given.on("no-subreaper");
    warn_of_rootless(call);
    return container::restore(context_of(call), options);
}

}  // namespace

const Command kRestore = {
    .name = "restore",
    .usage = "make a container of the images that checkpoint saved",
    .arguments = "<container-id>",
    .description =
        "Makes the container of the bundle with the processes that were saved, which go on\n"
        "where they were. In the foreground it stays as \"run\" does.",
    .flags = kFlags,
    .least = 1,
    .most = 1,
    .run = run_restore,
};

}  // namespace crux::cmd

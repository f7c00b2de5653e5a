#include "cmd/crux/commands.h"
#include "cmd/crux/creation.h"
#include "cmd/crux/criu_flags.h"

namespace crux::cmd {

namespace {

constexpr Flag kFlags[] = {
    kImagePathFlag,
    kWorkPathFlag,
    {.name = "parent-path",
     .takes = Takes::text,
     .help = "images of an earlier pre-dump, relative to those of this one",
     .value_name = "dir"},
    {.name = "leave-running", .help = "let the container run on"},
    kTcpEstablishedFlag,
    {.name = "tcp-skip-in-flight", .help = "leave out TCP connections that are being made"},
    {.name = "link-remap", .help = "give unlinked files a name again where that can be done"},
    kExtUnixSkFlag,
    kShellJobFlag,
    kLazyPagesFlag,
    {.name = "status-fd",
     .takes = Takes::number,
     .initial = "-1",
     .help = "descriptor that gets a zero byte when lazy pages are served",
     .value_name = "n"},
    {.name = "page-server",
     .takes = Takes::text,
     .help = "send memory to criu's page server there, or with --lazy-pages serve it there",
     .value_name = "address:port"},
    kFileLocksFlag,
    {.name = "pre-dump", .help = "save memory alone, as a first part, and let the container run"},
    kManageCgroupsModeFlag,
    kEmptyNsFlag,
    kAutoDedupFlag,
};

Result<int> run_checkpoint(Call& call) {
    const Options& given = call.options;
    container::CriuOptions options;
    TRY(take_criu_options(given, options));
    TRY(take_page_server(given.text("page-server"), options));
    options.parent_path = given.text("parent-path");
    if (options.parent_path.starts_with('/'))
        return fail(Error::Kind::usage, "--parent-path must be relative");
    options.leave_running = given.on("leave-running");
    options.tcp_skip_in_flight = given.on("tcp-skip-in-flight");
    options.link_remap = given.on("link-remap");
    options.pre_dump = given.on("pre-dump");
    options.status_fd = static_cast<int>(given.number("status-fd"));
    warn_of_rootless(call);
    TRY(container::checkpoint(context_of(call), options));
    return 0;
}

}  // namespace

const Command kCheckpoint = {
    .name = "checkpoint",
    .usage = "save a running container to images",
    .arguments = "<container-id>",
    .description =
        "Saves all processes of the container by criu(8), for \"restore\". Unless it is left\n"
        "running the container is then deleted.",
    .flags = kFlags,
    .least = 1,
    .most = 1,
    .run = run_checkpoint,
};

}  // namespace crux::cmd

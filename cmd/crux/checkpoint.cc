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
     .help = "use the images of an earlier pre-dump in this directory, relative to --image-path",
     .value_name = "dir"},
    {.name = "leave-running", .help = "leave the container running"},
    kTcpEstablishedFlag,
    {.name = "tcp-skip-in-flight", .help = "skip TCP connections that are not established yet"},
    {.name = "link-remap", .help = "link unlinked files back into the filesystem where possible"},
    kExtUnixSkFlag,
    kShellJobFlag,
    kLazyPagesFlag,
    {.name = "status-fd",
     .takes = Takes::number,
     .initial = "-1",
     .help = "write a zero byte to this file descriptor when lazy pages can be requested",
     .value_name = "n"},
    {.name = "page-server",
     .takes = Takes::text,
     .help =
         "send memory pages to the criu page server at this address; with --lazy-pages, serve them "
         "there",
     .value_name = "address:port"},
    kFileLocksFlag,
    {.name = "pre-dump",
     .help = "save only memory, for a later checkpoint, and leave the container running"},
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
    .usage = "save a running container to image files",
    .arguments = "<container-id>",
    .description =
        "Save all processes of the container with criu(8); \"restore\" continues them. Unless\n"
        "--leave-running or --pre-dump is set, the container is then deleted.",
    .flags = kFlags,
    .least = 1,
    .most = 1,
    .run = run_checkpoint,
};

}  // namespace crux::cmd

#include "runtime/container/operations.h"

#include "cmd/crux/commands.h"
#include "cmd/crux/creation.h"
#include "cmd/crux/exec_options.h"
#include "cmd/crux/state_root.h"
#include "runtime/base/text.h"

namespace crux::cmd {

namespace {

constexpr Flag kFlags[] = {
    kConsoleSocketFlag,
    kPidfdSocketFlag,
    {.name = "cwd",
     .takes = Takes::text,
     .help = "set the working directory in the container",
     .value_name = "dir"},
    {.name = "env",
     .letters = "e",
     .takes = Takes::texts,
     .help = "set an environment variable",
     .value_name = "name=value"},
    {.name = "tty", .letters = "t", .help = "allocate a pseudoterminal"},
    {.name = "user",
     .letters = "u",
     .takes = Takes::text,
     .help = "run as this user ID and group ID (default group: 0)",
     .value_name = "uid[:gid]"},
    {.name = "additional-gids",
     .letters = "g",
     .takes = Takes::texts,
     .help = "add a supplementary group ID",
     .value_name = "gid"},
    {.name = "process",
     .letters = "p",
     .takes = Takes::text,
     .help = "read the process from this JSON file; other flags that describe it are ignored",
     .value_name = "file"},
    {.name = "detach", .letters = "d", .help = "return as soon as the program is running"},
    kPidFileFlag,
    {.name = "process-label",
     .takes = Takes::text,
     .help = "set the SELinux label of the process",
     .value_name = "label"},
    {.name = "apparmor",
     .takes = Takes::text,
     .help = "set the AppArmor profile of the process",
     .value_name = "profile"},
    {.name = "no-new-privs", .help = "prevent the process from gaining privileges"},
    {.name = "cap",
     .letters = "c",
     .takes = Takes::texts,
     .help = "add a capability",
     .value_name = "name"},
    kPreserveFdsFlag,
    {.name = "cgroup",
     .takes = Takes::texts,
     .help = "run in this existing cgroup below the container's cgroup",
     .value_name = "[controller,...:]path"},
    {.name = "ignore-paused",
     .help = "allow a paused container; the process runs when the container is resumed"},
};

Status take_user(const Options& given, container::ExecOptions& options) {
    if (given.text("user").empty()) return {};
    const ExecUser user = TRY(parse_user(given.text("user")));
    options.uid = user.uid;
    options.gid = user.gid;
    return {};
}

/// The flags that --process overrides.
Status take_process_options(Call& call, container::ExecOptions& options) {
    const Options& given = call.options;
    options.args.assign(call.arguments.begin() + 1, call.arguments.end());
    options.tty = given.on("tty");
    options.cwd = given.text("cwd");
    options.env = given.texts("env");
    TRY(take_user(given, options));
    for (const std::string& text : given.texts("additional-gids"))
        options.additional_gids.push_back(TRY(parse_additional_gid(text)));
    options.apparmor_profile = given.text("apparmor");
    options.selinux_label = given.text("process-label");
    if (given.given("no-new-privs")) options.no_new_privileges = given.on("no-new-privs");
    options.capabilities = given.texts("cap");
    return {};
}

Result<int> run_exec(Call& call) {
    const Options& given = call.options;
    container::ExecOptions options;
    options.process_file = given.text("process");
    if (options.process_file.empty()) TRY(take_process_options(call, options));
    options.detach = given.on("detach");
    options.ignore_paused = given.on("ignore-paused");
    options.preserve_fds = TRY(preserved_descriptors(given));
    options.console_socket = given.text("console-socket");
    options.pidfd_socket = given.text("pidfd-socket");
    if (!given.text("pid-file").empty())
        options.pid_file = TRY(absolute_path(given.text("pid-file")));
    options.cgroups = given.texts("cgroup");
    return container::exec(context_of(call), options);
}

}  // namespace

const Command kExec = {
    .name = "exec",
    .usage = "run a new process in a container",
    .arguments = "<container-id> <command> [args...]  or  --process <file> <container-id>",
    .description =
        "All arguments after the container ID belong to the command. In the foreground, signals\n"
        "are forwarded to the command, and the exit status is that of the command, 128 plus the\n"
        "signal number if a signal killed it, or 255 if it could not be run.",
    .flags = kFlags,
    .least = 1,
    .most = kAnyNumber,
    .order = Order::before_arguments,
    .failure = "exec failed: ",
    .failure_code = 255,
    .run = run_exec,
};

}  // namespace crux::cmd

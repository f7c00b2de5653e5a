#include "runtime/container/operations.h"

#include "cmd/crux/commands.h"
#include "cmd/crux/creation.h"
#include "cmd/crux/resources.h"

namespace crux::cmd {

namespace {

constexpr Flag text_flag(std::string_view name, std::string_view help,
                         std::string_view value_name = "value") {
    return {.name = name, .takes = Takes::text, .help = help, .value_name = value_name};
}

constexpr Flag hidden_flag(std::string_view name) {
    return {.name = name, .takes = Takes::text, .hidden = Hidden::yes, .help = "ignored"};
}

constexpr Flag kFlags[] = {
    {.name = "resources",
     .letters = "r",
     .takes = Takes::text,
     .help = "read the limits from this JSON file, or from standard input if it is -",
     .value_name = "file"},
    {.name = "blkio-weight",
     .takes = Takes::number,
     .initial = "0",
     .help = "set the block I/O weight, 10 to 1000",
     .value_name = "weight"},
    text_flag("cpu-period", "set the period of --cpu-quota, in microseconds", "time"),
    text_flag("cpu-quota", "set the CPU time per period, in microseconds", "time"),
    text_flag("cpu-burst",
              "set the unused CPU time that may be saved for later periods, in microseconds",
              "time"),
    text_flag("cpu-share", "set the CPU shares (relative weight)", "shares"),
    text_flag("cpu-rt-period", "set the period of --cpu-rt-runtime, in microseconds", "time"),
    text_flag("cpu-rt-runtime", "set the realtime CPU time per period, in microseconds", "time"),
    text_flag("cpuset-cpus", "set the CPUs that may be used, such as 0-2,5", "list"),
    text_flag("cpuset-mems", "set the memory nodes that may be used, such as 0-2,5", "list"),
    hidden_flag("kernel-memory"),
    hidden_flag("kernel-memory-tcp"),
    text_flag("memory", "set the memory limit", "size"),
    text_flag("cpu-idle", "set to 1 to run only when no other process needs the CPU", "0|1"),
    text_flag("memory-reservation", "set the memory reservation (soft limit)", "size"),
    text_flag("memory-swap", "set the limit of memory plus swap", "size"),
    {.name = "pids-limit",
     .takes = Takes::number,
     .initial = "0",
     .help = "set the maximum number of processes and threads",
     .value_name = "n"},
    text_flag("l3-cache-schema", "set the Intel RDT schema of the L3 cache", "schema"),
    text_flag("mem-bw-schema", "set the Intel RDT schema of the memory bandwidth", "schema"),
};

Result<int> run_update(Call& call) {
    const Options& given = call.options;
    container::UpdateOptions options;
    options.changes = TRY(take_resources(given, call.warnings));
    options.l3_cache_schema = given.text("l3-cache-schema");
    options.mem_bw_schema = given.text("mem-bw-schema");
    TRY(container::update(context_of(call), options));
    return 0;
}

}  // namespace

const Command kUpdate = {
    .name = "update",
    .usage = "change the resource limits of a container",
    .arguments = "<container-id>",
    .description =
        "Limits that are not specified remain unchanged. All values are checked before the first\n"
        "limit is changed; if the kernel rejects one, the limits changed before it are restored.\n"
        "Sizes are in bytes, or have the suffix k, m, g or t; -1 means unlimited. The file of\n"
        "--resources has the format of linux.resources in config.json; if it is specified, the\n"
        "other flags are ignored, except those for Intel RDT.",
    .flags = kFlags,
    .least = 1,
    .most = 1,
    .run = run_update,
};

}  // namespace crux::cmd

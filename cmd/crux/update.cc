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
     .help = "take the limits from this file, or from standard input for -",
     .value_name = "file"},
    {.name = "blkio-weight",
     .takes = Takes::number,
     .initial = "0",
     .help = "share of the time of block devices, 10 to 1000",
     .value_name = "weight"},
    text_flag("cpu-period", "length of a period of --cpu-quota, in microseconds", "time"),
    text_flag("cpu-quota", "CPU time in a period, in microseconds", "time"),
    text_flag("cpu-burst", "CPU time that may be saved up over periods, in microseconds", "time"),
    text_flag("cpu-share", "share of CPU time beside others", "shares"),
    text_flag("cpu-rt-period", "length of a period of --cpu-rt-runtime, in microseconds", "time"),
    text_flag("cpu-rt-runtime", "realtime CPU time in a period, in microseconds", "time"),
    text_flag("cpuset-cpus", "CPUs that may be used: 0-2,5", "list"),
    text_flag("cpuset-mems", "memory nodes that may be used: 0-2,5", "list"),
    hidden_flag("kernel-memory"),
    hidden_flag("kernel-memory-tcp"),
    text_flag("memory", "limit of memory", "size"),
    text_flag("cpu-idle", "1: run only when nobody else wants the CPU", "0|1"),
    text_flag("memory-reservation", "memory that is left to it when memory is short", "size"),
    text_flag("memory-swap", "limit of memory and swap together", "size"),
    {.name = "pids-limit",
     .takes = Takes::number,
     .initial = "0",
     .help = "limit of processes and threads",
     .value_name = "n"},
    text_flag("l3-cache-schema", "Intel RDT: schema of the L3 cache", "schema"),
    text_flag("mem-bw-schema", "Intel RDT: schema of the memory bandwidth", "schema"),
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
    .usage = "change the limits of a container",
    .arguments = "<container-id>",
    .description =
        "What is not named stays as it is. All is checked before the first limit is changed, and\n"
        "if the kernel refuses one, those before it are changed back. Sizes are bytes, or have k,\n"
        "m, g or t behind them; -1 is no limit. The document of --resources is the object\n"
        "linux.resources of a config.json; with it the other flags for limits do not count.",
    .flags = kFlags,
    .least = 1,
    .most = 1,
    .run = run_update,
};

}  // namespace crux::cmd

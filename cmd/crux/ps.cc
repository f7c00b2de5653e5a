#include <cerrno>

#include "cmd/crux/commands.h"
#include "cmd/crux/creation.h"
#include "cmd/crux/host_ps.h"
#include "runtime/base/text.h"

namespace crux::cmd {

namespace {

constexpr Flag kFlags[] = {
    {.name = "format",
     .letters = "f",
     .takes = Takes::text,
     .initial = "table",
     .help = "set the output format: table or json"},
};

std::string json_of(const std::vector<int>& processes) {
    // Go's encoder writes a nil slice as null, and callers expect that.
    if (processes.empty()) return "null\n";
    std::string out;
    for (const int pid : processes) out += cat(out.empty() ? '[' : ',', pid);
    return out + "]\n";
}

Result<std::string> table_of(const std::vector<int>& processes,
                             std::span<const std::string> words) {
    static const std::string kEverything[] = {"-ef"};
    const std::string output = TRY(host_ps(words.empty() ? std::span(kEverything) : words));
    return lines_of_processes(output, processes);
}

Result<int> run_ps(Call& call) {
    auto found = container::processes(context_of(call));
    if (!found) return with_permission_hint(call, "ps", std::move(found).error());
    const std::string& format = call.options.text("format");
    std::string text;
    if (format == "json")
        text = json_of(*found);
    else if (format == "table")
        text = TRY(table_of(*found, std::span(call.arguments).subspan(1)));
    else
        return fail(Error::Kind::usage, "invalid format option");
    TRY(print(text));
    return 0;
}

}  // namespace

const Command kPs = {
    .name = "ps",
    .usage = "list the processes of a container",
    .arguments = "<container-id> [ps options]",
    .description =
        "The table is the output of the host's ps(1) for these processes. Arguments after the\n"
        "container ID are options of ps(1) (default: -ef); its output must have a column PID. The\n"
        "JSON output is an array of process IDs.",
    .flags = kFlags,
    .least = 1,
    .most = kAnyNumber,
    .order = Order::before_arguments,
    .run = run_ps,
};

}  // namespace crux::cmd

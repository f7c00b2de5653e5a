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
     .help = "table or json"},
};

std::string json_of(const std::vector<int>& processes) {
    // Go's encoder writes a list that nobody filled so, and callers were written for it.
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
    if (!found) return lacking_rights(call, "ps", std::move(found).error());
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
        "The table is what ps(1) of the host says about them; everything behind the id is for\n"
        "it (-ef where there is nothing), and its output needs a column PID. As JSON: their ids.",
    .flags = kFlags,
    .least = 1,
    .most = kAnyNumber,
    .order = Order::before_arguments,
    .run = run_ps,
};

}  // namespace crux::cmd

#include <algorithm>
#include <cerrno>

#include "cmd/crux/commands.h"
#include "cmd/crux/creation.h"
#include "cmd/crux/table.h"
#include "oci-spec/state.h"
#include "runtime/base/text.h"

namespace crux::cmd {

namespace {

constexpr Flag kFlags[] = {
    {.name = "format",
     .letters = "f",
     .takes = Takes::text,
     .initial = "table",
     .help = "set the output format: table or json"},
    {.name = "quiet", .letters = "q", .help = "print only the container IDs"},
};

/// The containers whose state can be read; for the others, prints the error to standard error.
Result<std::vector<oci::State>> find_states(Call& call) {
    auto entries = container::list(state_root_of(call));
    if (!entries) {
        const bool missing = entries.error().code() == ENOENT;
        if (missing && call.root.origin == StateRootChoice::Origin::standard)
            return std::vector<oci::State>{};
        return std::unexpected(std::move(entries).error());
    }
    std::vector<oci::State> states;
    for (container::ListEntry& entry : *entries) {
        if (entry.error.empty()) {
            entry.state.owner = entry.owner;
            states.push_back(std::move(entry.state));
        } else {
            aside(entry.error);
        }
    }
    return states;
}

std::string ids_of(const std::vector<oci::State>& states) {
    std::string out;
    for (const oci::State& state : states) out += cat(state.id, '\n');
    return out;
}

std::string table_of(const std::vector<oci::State>& states) {
    Table table{{"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"}};
    for (const oci::State& state : states)
        table.add({state.id, std::to_string(state.pid),
                   std::string(oci::name_of(oci::kStatuses, state.status)), one_line(state.bundle),
                   state.created, state.owner});
    return table.text();
}

Result<int> run_list(Call& call) {
    const std::vector<oci::State> states = TRY(find_states(call));
    const std::string& format = call.options.text("format");
    if (call.options.on("quiet"))
        TRY(print(ids_of(states)));
    else if (format == "table")
        TRY(print(table_of(states)));
    else if (format == "json")
        TRY(print(oci::list_json(states)));
    else
        return fail(Error::Kind::usage, "invalid format option");
    return 0;
}

}  // namespace

const Command kList = {
    .name = "list",
    .usage = "list the containers in the state directory",
    .flags = kFlags,
    .run = run_list,
};

}  // namespace crux::cmd

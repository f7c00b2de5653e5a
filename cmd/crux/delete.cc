#include "cmd/crux/commands.h"
#include "cmd/crux/creation.h"

namespace crux::cmd {

namespace {

constexpr Flag kFlags[] = {
    {.name = "force", .letters = "f", .help = "kill what still runs; succeed if there is nothing"},
};

Result<int> run_delete(Call& call) {
    const auto force = call.options.on("force") ? container::Force::yes : container::Force::no;
    TRY(container::remove(context_of(call), force));
    return 0;
}

}  // namespace

const Command kDelete = {
    .name = "delete",
    .usage = "remove a container that does not run, and all that was made for it",
    .arguments = "<container-id>",
    .flags = kFlags,
    .least = 1,
    .most = 1,
    .run = run_delete,
};

}  // namespace crux::cmd

#include "cmd/crux/chosen.h"
#include "cmd/crux/commands.h"

namespace crux::cmd {

namespace {

constexpr Flag kFlags[] = {
    {.name = "force",
     .letters = "f",
     .help = "kill the container if it is running; succeed if it does not exist"},
    kRegexFlag,
};

Result<int> run_delete(Call& call) {
    const auto force = call.options.on("force") ? container::Force::yes : container::Force::no;
    TRY(for_each_chosen(call, [&](const container::Context& context) {
        return container::remove(context, force);
    }));
    return 0;
}

}  // namespace

const Command kDelete = {
    .name = "delete",
    .usage = "delete a container that is not running, and its resources",
    .arguments = "<container-id>",
    .flags = kFlags,
    .least = 1,
    .most = 1,
    .run = run_delete,
};

}  // namespace crux::cmd

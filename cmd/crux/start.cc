#include "cmd/crux/commands.h"
#include "cmd/crux/creation.h"

namespace crux::cmd {

namespace {

Result<int> run_start(Call& call) {
    TRY(container::start(context_of(call)));
    return 0;
}

}  // namespace

const Command kStart = {
    .name = "start",
    .usage = "start the program of a created container",
    .arguments = "<container-id>",
    .least = 1,
    .most = 1,
    .run = run_start,
};

}  // namespace crux::cmd

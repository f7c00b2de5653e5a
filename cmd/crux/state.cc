#include "oci-spec/state.h"
#include "cmd/crux/commands.h"
#include "cmd/crux/creation.h"

namespace crux::cmd {

namespace {

Result<int> run_state(Call& call) {
    const oci::State state = TRY(container::state(context_of(call)));
    TRY(print(oci::state_json(state)));
    return 0;
}

}  // namespace

const Command kState = {
    .name = "state",
    .usage = "print the state of a container as JSON",
    .arguments = "<container-id>",
    .least = 1,
    .most = 1,
    .run = run_state,
};

}  // namespace crux::cmd

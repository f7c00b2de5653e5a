#include "cmd/crux/commands.h"
#include "cmd/crux/creation.h"

namespace crux::cmd {

namespace {

Result<int> settle(Call& call, std::string_view verb, Status done) {
    if (done) return 0;
    return with_permission_hint(call, verb, std::move(done).error());
}

Result<int> run_pause(Call& call) {
    return settle(call, "pause", container::pause(context_of(call)));
}

Result<int> run_resume(Call& call) {
    return settle(call, "resume", container::resume(context_of(call)));
}

}  // namespace

const Command kPause = {
    .name = "pause",
    .usage = "suspend all processes of a container",
    .arguments = "<container-id>",
    .least = 1,
    .most = 1,
    .run = run_pause,
};

const Command kResume = {
    .name = "resume",
    .usage = "resume all processes of a paused container",
    .arguments = "<container-id>",
    .least = 1,
    .most = 1,
    .run = run_resume,
};

}  // namespace crux::cmd

#include "cmd/crux/commands.h"
#include "cmd/crux/completion_script.h"
#include "cmd/crux/program.h"

namespace crux::cmd {

namespace {

Result<int> run_completion(Call& call) {
    const std::string script =
        TRY(completion_script(call.arguments[0], "crux", global_flags(), all_commands()));
    TRY(print(script));
    return 0;
}

}  // namespace

const Command kCompletion = {
    .name = "completion",
    .usage = "print a completion script for a shell",
    .arguments = "bash|zsh|fish",
    .description =
        "Install the script as follows:\n\n"
        "For bash: crux completion bash > /usr/share/bash-completion/completions/crux\n"
        "For zsh:  crux completion zsh > /usr/share/zsh/vendor-completions/_crux\n"
        "For fish: crux completion fish > /usr/share/fish/vendor_completions.d/crux.fish",
    .least = 1,
    .most = 1,
    .stateless = true,
    .run = run_completion,
};

}  // namespace crux::cmd

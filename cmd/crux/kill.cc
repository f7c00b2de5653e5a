#include "cmd/crux/chosen.h"
#include "cmd/crux/commands.h"
#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"

namespace crux::cmd {

namespace {

constexpr Flag kFlags[] = {
    {.name = "all",
     .letters = "a",
     .hidden = Hidden::yes,
     .help = "succeed if the container is not running"},
    kRegexFlag,
};

Result<int> run_kill(Call& call) {
    std::optional<int> signal;
    if (call.arguments.size() == 2 && !call.arguments[1].empty()) {
        signal = oci::parse_signal(call.arguments[1]);
        if (!signal)
            return fail(Error::Kind::usage, cat("unknown signal ", quoted(call.arguments[1]),
                                                oci::signal_suggestion(call.arguments[1])));
    }
    const auto all = call.options.on("all") ? container::All::yes : container::All::no;
    TRY(for_each_chosen(call, [&](const container::Context& context) {
        return container::kill(context, signal, all);
    }));
    return 0;
}

}  // namespace

const Command kKill = {
    .name = "kill",
    .usage = "send a signal to the init process of a container",
    .arguments = "<container-id> [signal]",
    .description =
        "The signal is a number, or a name in upper or lower case, with or without SIG. The "
        "default\n"
        "is the annotation org.opencontainers.image.stopSignal of the container, or else TERM.\n"
        "KILL terminates all processes of the container.",
    .flags = kFlags,
    .least = 1,
    .most = 2,
    .run = run_kill,
};

}  // namespace crux::cmd

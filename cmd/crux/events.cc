#include "runtime/container/events.h"

#include "cmd/crux/commands.h"
#include "cmd/crux/creation.h"
#include "cmd/crux/sizes.h"
#include "oci-spec/runc/event.h"

namespace crux::cmd {

namespace {

constexpr Flag kFlags[] = {
    {.name = "interval",
     .takes = Takes::text,
     .initial = "5s",
     .help = "time between two statistics: 500ms, 2s, 1m30s",
     .value_name = "time"},
    {.name = "stats", .help = "print the statistics once and end"},
};

Result<std::int64_t> interval_of(const Options& given) {
    const std::int64_t interval = TRY(parse_duration(given.text("interval")));
    if (interval > 0) return interval;
    return fail(Error::Kind::usage, "duration interval must be greater than 0");
}

Result<int> run_events(Call& call) {
    const std::string& id = call.arguments[0];
    const std::int64_t interval = TRY(interval_of(call.options));
    if (call.options.on("stats")) {
        const oci::Stats stats = TRY(container::stats(context_of(call)));
        TRY(print(oci::stats_event(id, stats)));
        return 0;
    }
    container::Events events = TRY(container::Events::open(context_of(call), interval));
    for (;;) {
        const std::optional<container::Events::Event> event = TRY(events.next());
        if (!event) return 0;
        const bool is_stats = event->kind == container::Events::Event::Kind::stats;
        TRY(print(is_stats ? oci::stats_event(id, event->stats) : oci::oom_event(id)));
    }
}

}  // namespace

const Command kEvents = {
    .name = "events",
    .usage = "tell what a container uses, and when its memory runs out",
    .arguments = "<container-id>",
    .description =
        "Prints a JSON object a line: the statistics after each interval, and {\"type\":\"oom\"}\n"
        "whenever the kernel runs out of the container's memory. Ends with the container.",
    .flags = kFlags,
    .least = 1,
    .most = 1,
    .run = run_events,
};

}  // namespace crux::cmd

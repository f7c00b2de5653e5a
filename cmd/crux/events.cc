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
     .help = "set the interval between statistics, such as 500ms, 2s or 1m30s",
     .value_name = "time"},
    {.name = "stats", .help = "print the statistics once and exit"},
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
    .usage = "print resource statistics and out-of-memory events of a container",
    .arguments = "<container-id>",
    .description =
        "Print one JSON object per line: the statistics after each interval, and an object of\n"
        "type \"oom\" when the container runs out of memory. Exits when the container ends.",
    .flags = kFlags,
    .least = 1,
    .most = 1,
    .run = run_events,
};

}  // namespace crux::cmd

#include "cmd/crux/commands.h"
#include "cmd/crux/creation.h"

namespace crux::cmd {

namespace {

constexpr Flag kFlags[] = {
    {.name = "bundle",
     .letters = "b",
     .takes = Takes::text,
     .help = "judge this bundle alone, and not the host for all",
     .value_name = "dir"},
    {.name = "format",
     .letters = "f",
     .takes = Takes::text,
     .initial = "text",
     .help = "text or json",
     .value_name = "format"},
};

Result<int> run_doctor(Call& call) {
    const std::string& format = call.options.text("format");
    if (format != "text" && format != "json")
        return fail(Error::Kind::usage, "invalid format option");
    container::CheckupOptions options;
    options.json = format == "json";
    if (!call.options.text("bundle").empty())
        options.bundle = TRY(enter_bundle(call.options.text("bundle")));
    const container::Checkup found = TRY(container::check_up(options));
    TRY(print(found.report));
    return found.fit ? 0 : 1;
}

}  // namespace

const Command kDoctor = {
    .name = "doctor",
    .usage = "tell what this host offers to containers and lacks, and how to mend it",
    .description =
        "Each line is good, lacking (some properties of a config.json fail here) or broken (an\n"
        "ordinary container, that of crux spec, cannot run here: exit code 1). With a bundle it\n"
        "tells what stops that one. Nothing is changed on the host.",
    .flags = kFlags,
    .stateless = true,
    .run = run_doctor,
};

}  // namespace crux::cmd

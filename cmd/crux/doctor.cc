#include "cmd/crux/commands.h"
#include "cmd/crux/creation.h"

namespace crux::cmd {

namespace {

constexpr Flag kFlags[] = {
    {.name = "bundle",
     .letters = "b",
     .takes = Takes::text,
     .help = "check the host for this bundle only",
     .value_name = "dir"},
    {.name = "format",
     .letters = "f",
     .takes = Takes::text,
     .initial = "text",
     .help = "set the output format: text or json",
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
    .usage = "check what this host supports and suggest how to fix problems",
    .description =
        "Print which features of the kernel, cgroups and other parts of the host work, which are\n"
        "missing, and how to fix that. Exits with status 1 if the container of \"crux spec\", or\n"
        "with --bundle that of the bundle, cannot run here. Does not change the host.",
    .flags = kFlags,
    .stateless = true,
    .run = run_doctor,
};

}  // namespace crux::cmd

#include "cmd/crux/commands.h"
#include "cmd/crux/creation.h"

namespace crux::cmd {

namespace {

constexpr Flag kFlags[] = {
    kBundleFlag,
    {.name = "format",
     .letters = "f",
     .takes = Takes::text,
     .initial = "text",
     .help = "set the output format: text or json"},
};

Result<int> run_explain(Call& call) {
    const std::string& format = call.options.text("format");
    if (format != "text" && format != "json")
        return fail(Error::Kind::usage, "invalid format option");
    container::ExplainOptions options;
    options.bundle = TRY(enter_bundle(call.options.text("bundle")));
    options.json = format == "json";
    const CgroupManager manager = TRY(cgroup_manager(call.global));
    options.systemd_cgroup = manager.systemd;
    options.no_cgroup = manager.none;
    container::Context context = context_of(call, "example");
    context.notes = nullptr;
    const std::string plan = TRY(container::explain(context, options));
    TRY(print(plan));
    return 0;
}

}  // namespace

const Command kExplain = {
    .name = "explain",
    .usage = "print the steps that create would take for a bundle, without running them",
    .description =
        "For each step, print the kernel facility that it uses, the property of config.json that\n"
        "requires it, and the reason for its position.",
    .flags = kFlags,
    .stateless = true,
    .run = run_explain,
};

}  // namespace crux::cmd

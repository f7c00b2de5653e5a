#include "cmd/crux/commands.h"
#include "cmd/crux/creation.h"
#include "oci-spec/diagnostics.h"
#include "runtime/base/text.h"

namespace crux::cmd {

namespace {

constexpr Flag kFlags[] = {
    kBundleFlag,
    {.name = "strict", .help = "let warnings count as errors"},
};

std::string listing(const oci::Diagnostics& diagnostics) {
    std::string out;
    for (const oci::Diagnostic& diagnostic : diagnostics.all()) {
        const bool grave = diagnostic.severity == oci::Severity::error;
        out += cat(grave ? "error: " : "warning: ", oci::describe(diagnostic), '\n');
    }
    return out;
}

std::string counted(std::size_t count, std::string_view noun) {
    return cat(count, ' ', noun, count == 1 ? "" : "s");
}

Result<int> run_validate(Call& call) {
    const std::string bundle = TRY(enter_bundle(call.options.text("bundle")));
    const oci::Diagnostics found = TRY(container::validate(bundle));
    TRY(print(listing(found)));
    const std::size_t errors = found.errors().size();
    const std::size_t warnings = found.warnings().size();
    if (errors == 0 && (warnings == 0 || !call.options.on("strict"))) return 0;
    return fail(Error::Kind::spec, cat("config.json has ", counted(errors, "error"), " and ",
                                       counted(warnings, "warning")));
}

}  // namespace

const Command kValidate = {
    .name = "validate",
    .usage = "print all errors and warnings about a bundle's config.json",
    .flags = kFlags,
    .stateless = true,
    .run = run_validate,
};

}  // namespace crux::cmd

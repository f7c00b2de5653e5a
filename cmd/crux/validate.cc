#include "cmd/crux/commands.h"
#include "cmd/crux/creation.h"
#include "oci-spec/diagnostics.h"
#include "runtime/base/text.h"

namespace crux::cmd {

namespace {

constexpr Flag kFlags[] = {
    kBundleFlag,
    {.name = "strict",
     .help = "treat warnings as errors, check this host too, and print whether each property is "
             "applied"},
    {.name = "format",
     .letters = "f",
     .takes = Takes::text,
     .initial = "text",
     .help = "set the output format: text or json",
     .value_name = "format"},
};

std::string listing(const oci::Diagnostics& diagnostics) {
    std::string out;
    for (const oci::Diagnostic& diagnostic : diagnostics.all()) {
        const bool is_error = diagnostic.severity == oci::Severity::error;
        out += cat(is_error ? "error: " : "warning: ", plain_entry(oci::describe(diagnostic)));
    }
    return out;
}

std::string counted(std::size_t count, std::string_view noun) {
    return cat(count, ' ', noun, count == 1 ? "" : "s");
}

std::string listing(const std::vector<oci::Covered>& properties) {
    std::string out;
    for (const oci::Covered& one : properties)
        out += plain_entry(cat(oci::word_of(one.treatment), ": ", one.pointer,
                               one.why.empty() ? "" : ": ", one.why));
    return out;
}

Result<int> run_validate(Call& call) {
    const std::string& format = call.options.text("format");
    if (format != "text" && format != "json")
        return fail(Error::Kind::usage, "invalid format option");
    const bool strict = call.options.on("strict");
    const std::string bundle = TRY(enter_bundle(call.options.text("bundle")));
    const container::Validation found = TRY(container::validate(bundle, strict));
    const std::size_t errors = found.diagnostics.errors().size();
    const std::size_t warnings = found.diagnostics.warnings().size();
    const bool valid = errors == 0 && (warnings == 0 || !strict);
    if (format == "json")
        TRY(print(oci::validation_json(found.diagnostics, found.properties, valid)));
    else
        TRY(print(listing(found.diagnostics) + listing(found.properties)));
    if (valid) return 0;
    return fail(Error::Kind::spec, cat("config.json has ", counted(errors, "error"), " and ",
                                       counted(warnings, "warning")));
}

}  // namespace

const Command kValidate = {
    .name = "validate",
    .usage = "check a bundle's config.json and print all errors and warnings",
    .flags = kFlags,
    .stateless = true,
    .run = run_validate,
};

}  // namespace crux::cmd

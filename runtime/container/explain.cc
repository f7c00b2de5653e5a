#include "runtime/plan/explain.h"
#include "oci-spec/config.h"
#include "oci-spec/rules.h"
#include "runtime/container/prepare.h"
#include "runtime/sys/file.h"

namespace crux::container {

Result<std::string> explain(const ExplainOptions& options, Warnings& warnings) {
    Bundle bundle = TRY(read_bundle(options.bundle));
    CreateOptions create;
    create.bundle = options.bundle;
    const bool terminal = bundle.config.process && bundle.config.process->terminal;
    const Prepared prepared =
        TRY(prepare(options.id, std::move(bundle), create, terminal, nullptr, warnings));
    return options.json ? plan::explain_json(prepared.plan) : plan::explain_text(prepared.plan);
}

Result<oci::Diagnostics> validate(const std::string& bundle) {
    const std::string text =
        TRY(sys::read_file(bundle + "/config.json").during("read config.json"));
    oci::Parsed parsed = oci::checked_config(text);
    if (!parsed.diagnostics.has_errors())
        parsed.diagnostics.append(oci::check_applied(parsed.config));
    return std::move(parsed.diagnostics);
}

}  // namespace crux::container

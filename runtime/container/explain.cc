#include "runtime/plan/explain.h"
#include "oci-spec/config.h"
#include "oci-spec/rules.h"
#include "runtime/container/operations.h"
#include "runtime/container/prepare.h"
#include "runtime/sys/file.h"

namespace crux::container {

Result<std::string> explain(const Context& context, const ExplainOptions& options) {
    Bundle bundle = TRY(read_bundle(options.bundle));
    CreateOptions create;
    create.bundle = options.bundle;
    create.systemd_cgroup = options.systemd_cgroup;
    create.no_cgroup = options.no_cgroup;
    const bool terminal = bundle.config.process && bundle.config.process->terminal;
    const Prepared prepared = TRY(prepare(context, std::move(bundle), create, terminal));
    return options.json ? plan::explain_json(prepared.plan) : plan::explain_text(prepared.plan);
}

namespace {

/// A warning "POINTER: text" as a diagnostic; one without a pointer is about the whole.
void add_warning(oci::Diagnostics& out, const std::string& warning) {
    const std::size_t end = warning.find(": ");
    const bool placed = warning.starts_with('/') && end != std::string::npos;
    std::string pointer = placed ? warning.substr(0, end) : std::string();
    const std::string text = placed ? warning.substr(end + 2) : warning;
    for (const oci::Diagnostic& known : out.all())
        if (known.pointer == pointer && known.text == text) return;
    out.warn(std::move(pointer), text);
}

/// What planning for this host says; nothing if it fails.
std::optional<oci::Planned> plan_on_host(const std::string& bundle, oci::Diagnostics& out) {
    Warnings warnings;
    auto planned = [&]() -> Result<Prepared> {
        Bundle read = TRY(read_bundle(bundle));
        CreateOptions create;
        create.bundle = bundle;
        const bool terminal = read.config.process && read.config.process->terminal;
        const Context context{.state_root = {}, .id = "example", .warnings = warnings};
        return prepare(context, std::move(read), create, terminal);
    }();
    for (const std::string& warning : warnings) add_warning(out, warning);
    if (!planned) {
        out.error(std::string(planned.error().pointer()), planned.error().text());
        return std::nullopt;
    }
    const bool unified = cgroup::unified_dir(planned->plan.host.cgroup) >= 0 &&
                         planned->facts.cgroup.mode == host::CgroupMode::v2;
    return oci::Planned{plan::origins_of(planned->plan), unified};
}

}  // namespace

Result<Validation> validate(const std::string& bundle, bool on_host) {
    const std::string text = TRY(read_config_text(bundle));
    Validation out;
    out.diagnostics = std::move(oci::checked_config(text).diagnostics);
    if (!on_host) return out;
    std::optional<oci::Planned> planned;
    if (!out.diagnostics.has_errors()) planned = plan_on_host(bundle, out.diagnostics);
    out.properties = oci::coverage_of(text, out.diagnostics.warnings(), planned);
    return out;
}

}  // namespace crux::container

// crux doctor: what this host can do for containers, or for one bundle.

#include <cstdlib>

#include "oci-spec/config.h"
#include "oci-spec/runc/template.h"
#include "runtime/cgroup/permission.h"
#include "runtime/container/operations.h"
#include "runtime/container/prepare.h"
#include "runtime/doctor/doctor.h"

namespace crux::container {

namespace {

std::string_view variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

/// The paths that keep the caller from making a container's cgroup.
Result<std::vector<std::string>> closed_cgroups(const host::CgroupLayout& layout) {
    std::vector<std::string> paths;
    const cgroup::Permission permission =
        cgroup::permission_for(layout, TRY(cgroup::dirs_for(layout, "", "doctor")));
    paths.reserve(permission.forbidden.size());
    for (const cgroup::Forbidden& one : permission.forbidden) paths.push_back(one.path);
    return paths;
}

/// Plans the config of `crux spec`, as create would, and carries out none of it.
Status plan_ordinary(const host::Facts& facts) {
    Bundle bundle;
    bundle.path = "/";
    bundle.rootfs = "/rootfs";
    bundle.config_text = oci::config_template({
        .cgroup_namespace = facts.cgroup.mode == host::CgroupMode::v2,
        .rootless = facts.uid != 0,
        .uid = facts.uid,
        .gid = facts.gid,
    });
    bundle.config = oci::parse_config(bundle.config_text).config;
    Warnings ignored;
    const Context context{.state_root = {}, .id = "doctor", .warnings = ignored};
    TRY(prepare(context, std::move(bundle), {}, true));
    return {};
}

}  // namespace

Result<Checkup> check_up(const CheckupOptions& options) {
    host::Survey survey = TRY(host::read_survey(
        {.path = variable("PATH"), .runtime_folder = variable("XDG_RUNTIME_DIR")}));
    survey.closed_cgroups = TRY(closed_cgroups(survey.facts.cgroup));
    std::vector<doctor::Finding> findings = doctor::examine(survey);
    if (options.bundle.empty()) {
        Status planned = plan_ordinary(survey.facts);
        if (!planned)
            findings.push_back({.grade = doctor::Grade::broken,
                                .subject = "the config of crux spec",
                                .text = planned.error().message()});
    } else {
        const std::string config = TRY(read_config_text(options.bundle));
        const Validation found = TRY(validate(options.bundle, true));
        findings = doctor::judge(findings, config, found.diagnostics);
    }
    return Checkup{
        .report = options.json ? doctor::report_json(findings)
                               : doctor::report_text(findings, options.bundle.empty()
                                                                   ? "an ordinary container"
                                                                   : "this bundle"),
        .fit = doctor::fit(findings),
    };
}

}  // namespace crux::container

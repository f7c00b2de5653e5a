#include <algorithm>
#include <utility>

#include "runtime/doctor/examine.h"

namespace crux::doctor {

namespace {

/// Whether one of the errors is about a property of the finding.
bool is_behind(const Finding& finding, const std::vector<oci::Diagnostic>& errors) {
    return std::ranges::any_of(errors, [&](const oci::Diagnostic& error) {
        return std::ranges::any_of(finding.fails, [&](const oci::PropertyPattern& pattern) {
            return oci::covers(pattern, error.pointer);
        });
    });
}

/// Whether the finding stops this config.json; for findings that name properties.
bool stops(const Finding& finding, std::string_view config,
           const std::vector<oci::Diagnostic>& errors) {
    if (finding.by_value) return is_behind(finding, errors);
    return !oci::given_in(config, finding.fails).empty();
}

void add_planned(Findings& out, const oci::Diagnostics& planned) {
    for (const oci::Diagnostic& one : planned.all())
        out.push_back(
            {.grade = one.severity == oci::Severity::error ? Grade::broken : Grade::limited,
             .subject = "config.json",
             .text = oci::describe(one)});
}

}  // namespace

std::vector<Finding> judge(const std::vector<Finding>& findings, std::string_view config,
                           const oci::Diagnostics& planned) {
    Findings out;
    add_planned(out, planned);
    const std::vector<oci::Diagnostic> errors = planned.errors();
    for (const Finding& finding : findings) {
        if (finding.grade == Grade::good) continue;
        if (finding.fails.empty()) {
            if (finding.grade == Grade::broken) out.push_back(finding);
            continue;
        }
        if (!stops(finding, config, errors)) continue;
        Finding stopping = finding;
        stopping.grade = Grade::broken;
        stopping.fails = oci::given_in(config, finding.fails);
        out.push_back(std::move(stopping));
    }
    return out;
}

}  // namespace crux::doctor

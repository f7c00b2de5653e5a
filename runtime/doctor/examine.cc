#include "runtime/doctor/examine.h"

#include <algorithm>

namespace crux::doctor {

std::vector<Finding> examine(const host::Survey& survey) {
    Findings out;
    examine_kernel(survey, out);
    examine_privileges(survey, out);
    examine_namespaces(survey, out);
    examine_cgroups(survey, out);
    examine_security(survey, out);
    examine_extras(survey, out);
    return out;
}

bool fit(const std::vector<Finding>& findings) {
    return std::ranges::none_of(
        findings, [](const Finding& finding) { return finding.grade == Grade::broken; });
}

}  // namespace crux::doctor

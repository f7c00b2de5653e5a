#include "oci-spec/extensions.h"
#include "runtime/base/text.h"
#include "runtime/doctor/examine.h"

namespace crux::doctor {

namespace {

constexpr const char* kSubject = "security modules";

void examine_labels(const host::Survey& survey, Findings& out) {
    if (!survey.facts.apparmor)
        out.push_back({.grade = Grade::limited,
                       .subject = kSubject,
                       .text = "AppArmor is not active (kernel parameters: apparmor=1 "
                               "security=apparmor)",
                       .fails = {{"/process/apparmorProfile", ""}}});
    if (!survey.facts.selinux)
        out.push_back({.grade = Grade::limited,
                       .subject = kSubject,
                       .text = "SELinux is not active (kernel parameters: selinux=1 "
                               "security=selinux; a policy is required too)",
                       .fails = {{"/process/selinuxLabel", ""}, {"/linux/mountLabel", ""}}});
}

void examine_landlock(const host::Survey& survey, Findings& out) {
    const int abi = survey.facts.landlock_abi;
    if (abi >= oci::kLandlockDefaultAbi) {
        have(out, "Landlock", cat("ABI ", abi));
        return;
    }
    Finding finding{.grade = Grade::limited,
                    .subject = "Landlock",
                    .fails = {{cat("/annotations/", oci::kLandlockAnnotation), ""}}};
    if (abi == 0) {
        finding.text = "requires Linux 5.13 and \"landlock\" in the kernel parameter lsm=";
    } else {
        finding.text = cat("ABI ", abi, ": rules without \"abi=", abi, "\" require Linux ",
                           oci::landlock_kernel(oci::kLandlockDefaultAbi));
        finding.by_value = true;
    }
    out.push_back(std::move(finding));
}

}  // namespace

void examine_security(const host::Survey& survey, Findings& out) {
    if (!survey.security_modules.empty()) have(out, kSubject, join(survey.security_modules, ", "));
    examine_labels(survey, out);
    examine_landlock(survey, out);
    if (survey.seccomp_actions.empty())
        out.push_back({.grade = Grade::limited,
                       .subject = "seccomp",
                       .text = "this kernel was built without CONFIG_SECCOMP_FILTER",
                       .fails = {{"/linux/seccomp", ""}}});
    else
        have(out, "seccomp", join(survey.seccomp_actions, ", "));
}

}  // namespace crux::doctor

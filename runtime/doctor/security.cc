#include "oci-spec/extensions.h"
#include "runtime/base/text.h"
#include "runtime/doctor/examine.h"

namespace crux::doctor {

namespace {

const std::string kSubject = "security modules";

void examine_labels(const host::Survey& survey, Findings& out) {
    if (!survey.facts.apparmor)
        out.push_back({.grade = Grade::lacking,
                       .subject = kSubject,
                       .text = "AppArmor is not active; a kernel that has it wants the boot words "
                               "apparmor=1 security=apparmor",
                       .fails = {{"/process/apparmorProfile", ""}}});
    if (!survey.facts.selinux)
        out.push_back({.grade = Grade::lacking,
                       .subject = kSubject,
                       .text = "SELinux is not active; a kernel that has it wants the boot words "
                               "selinux=1 security=selinux, and a policy",
                       .fails = {{"/process/selinuxLabel", ""}, {"/linux/mountLabel", ""}}});
}

void examine_landlock(const host::Survey& survey, Findings& out) {
    const int abi = survey.facts.landlock_abi;
    if (abi >= oci::kLandlockDefaultAbi) {
        have(out, "Landlock", cat("ABI ", abi));
        return;
    }
    Finding finding{.grade = Grade::lacking,
                    .subject = "Landlock",
                    .fails = {{cat("/annotations/", oci::kLandlockAnnotation), ""}}};
    if (abi == 0) {
        finding.text = "needs Linux 5.13, and \"landlock\" among the boot word lsm=";
    } else {
        finding.text = cat("ABI ", abi, ": rules that do not ask for it by \"abi=", abi,
                           "\" need Linux ", oci::landlock_kernel(oci::kLandlockDefaultAbi));
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
        out.push_back({.grade = Grade::lacking,
                       .subject = "seccomp",
                       .text = "this kernel was built without filters of system calls",
                       .fails = {{"/linux/seccomp", ""}}});
    else
        have(out, "seccomp", join(survey.seccomp_actions, ", "));
}

}  // namespace crux::doctor

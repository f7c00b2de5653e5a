#include <algorithm>
#include <cerrno>

#include "oci-spec/vocabulary.h"
#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/doctor/examine.h"

namespace crux::doctor {

namespace {

using oci::NamespaceType;

constexpr const char* kSubject = "namespaces";

/// The specification's name of the type.
const oci::NamespaceWord& word_of(std::string_view proc_name) {
    return *std::ranges::find_if(oci::kNamespaces, [proc_name](const oci::NamespaceWord& word) {
        return proc_name == word.proc_name;
    });
}

/// Whether the config.json of `crux spec` has this type.
bool is_ordinary(NamespaceType type, const host::Survey& survey) {
    if (type == NamespaceType::user) return survey.facts.uid != 0;
    if (type == NamespaceType::cgroup) return survey.facts.cgroup.mode == host::CgroupMode::v2;
    return type != NamespaceType::time;
}

/// Why the kernel refused a namespace, as far as errno shows it, and the command that fixes it.
struct Reason {
    std::string why;
    std::string remedy;
};

Reason reason_for(const host::NamespaceTrial& trial, const host::Survey& survey) {
    const std::string most = cat("user.max_", trial.name, "_namespaces");
    if (trial.error == ENOSPC)
        return {cat("the limit of the sysctl ", most, " or the nesting limit is reached"),
                cat("sysctl -w ", most, "=10000")};
    if (trial.error == EINVAL) return {"this kernel was built without this type", ""};
    if (trial.error != EPERM) return {errno_words(trial.error), ""};
    if (survey.facts.uid != 0 && survey.userns_clone == 0L)
        return {"the sysctl kernel.unprivileged_userns_clone forbids it to unprivileged users",
                "sysctl -w kernel.unprivileged_userns_clone=1"};
    return {"operation not permitted (by a seccomp filter, a security module or a chroot)", ""};
}

Finding refusal(const host::NamespaceTrial& trial, const host::Survey& survey) {
    const oci::NamespaceWord& word = word_of(trial.name);
    Reason reason = reason_for(trial, survey);
    Finding finding{
        .grade = is_ordinary(word.value, survey) ? Grade::broken : Grade::limited,
        .subject = kSubject,
        .text = cat("cannot create a ", word.name, " namespace: ", reason.why),
        .fails = {{"/linux/namespaces/*/type", std::string(word.name)}},
        .remedy = std::move(reason.remedy),
    };
    if (word.value == NamespaceType::time) finding.fails.push_back({"/linux/timeOffsets", ""});
    return finding;
}

/// Whether AppArmor lets an unprivileged user create a user namespace, but without capabilities in
/// it.
bool is_hollow(const host::Survey& survey) {
    return survey.facts.uid != 0 && survey.userns_apparmor == 1L;
}

}  // namespace

void examine_namespaces(const host::Survey& survey, Findings& out) {
    std::vector<std::string> made;
    for (const host::NamespaceTrial& trial : survey.namespaces) {
        if (trial.error == 0)
            made.emplace_back(word_of(trial.name).name);
        else
            out.push_back(refusal(trial, survey));
        // The other types were created together with a user namespace, so they failed too.
        if (trial.error != 0 && trial.name == "user" && survey.facts.uid != 0) return;
    }
    if (!made.empty()) have(out, kSubject, join(made, ", "));
    if (is_hollow(survey) && !made.empty())
        out.push_back({.grade = Grade::broken,
                       .subject = kSubject,
                       .text = "AppArmor removes the capabilities in an unprivileged user's "
                               "namespaces, unless an AppArmor profile for crux allows them",
                       .remedy = "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"});
}

}  // namespace crux::doctor

#include <algorithm>
#include <cerrno>

#include "oci-spec/vocabulary.h"
#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/doctor/examine.h"

namespace crux::doctor {

namespace {

using oci::NamespaceType;

const std::string kSubject = "namespaces";

/// The specification's word for the kind.
const oci::NamespaceWord& word_of(std::string_view proc_name) {
    return *std::ranges::find_if(oci::kNamespaces, [proc_name](const oci::NamespaceWord& word) {
        return proc_name == word.proc_name;
    });
}

/// Whether `crux spec` asks for it.
bool is_ordinary(NamespaceType type, const host::Survey& survey) {
    if (type == NamespaceType::user) return survey.facts.uid != 0;
    if (type == NamespaceType::cgroup) return survey.facts.cgroup.mode == host::CgroupMode::v2;
    return type != NamespaceType::time;
}

/// Why a namespace was refused, as far as the kernel tells, and the command that mends it.
struct Reason {
    std::string why;
    std::string remedy;
};

Reason reason_for(const host::NamespaceTrial& trial, const host::Survey& survey) {
    const std::string most = cat("user.max_", trial.name, "_namespaces");
    if (trial.error == ENOSPC)
        return {cat("the sysctl ", most, " allows no more of them, or they are nested too deep"),
                cat("sysctl -w ", most, "=10000")};
    if (trial.error == EINVAL) return {"this kernel was built without them", ""};
    if (trial.error != EPERM) return {errno_words(trial.error), ""};
    if (survey.facts.uid != 0 && survey.userns_clone == 0L)
        return {"the sysctl kernel.unprivileged_userns_clone forbids it to ordinary users",
                "sysctl -w kernel.unprivileged_userns_clone=1"};
    return {"refused; a seccomp filter, a security module or a chroot is in the way", ""};
}

Finding refusal(const host::NamespaceTrial& trial, const host::Survey& survey) {
    const oci::NamespaceWord& word = word_of(trial.name);
    Reason reason = reason_for(trial, survey);
    Finding finding{
        .grade = is_ordinary(word.value, survey) ? Grade::broken : Grade::lacking,
        .subject = kSubject,
        .text = cat("no ", word.name, " namespace can be made: ", reason.why),
        .fails = {{"/linux/namespaces/*/type", std::string(word.name)}},
        .remedy = std::move(reason.remedy),
    };
    if (word.value == NamespaceType::time) finding.fails.push_back({"/linux/timeOffsets", ""});
    return finding;
}

/// Where AppArmor lets everybody make a user namespace, and then takes its capabilities away.
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
        // The others were tried together with it.
        if (trial.error != 0 && trial.name == "user" && survey.facts.uid != 0) return;
    }
    if (!made.empty()) have(out, kSubject, join(made, ", "));
    if (is_hollow(survey) && !made.empty())
        out.push_back({.grade = Grade::broken,
                       .subject = kSubject,
                       .text = "AppArmor takes the rights of an ordinary user's namespaces away, "
                               "unless a profile of crux's own allows them",
                       .remedy = "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"});
}

}  // namespace crux::doctor

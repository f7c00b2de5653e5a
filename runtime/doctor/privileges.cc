#include "runtime/base/text.h"
#include "runtime/capability/names.h"
#include "runtime/doctor/examine.h"

namespace crux::doctor {

namespace {

/// The names of the kernel's capabilities that are missing from the set.
std::vector<std::string> missing_from(capability::Set set, int last) {
    capability::Set missing = 0;
    for (unsigned number = 0; static_cast<int>(number) <= last; ++number)
        if (!capability::holds(set, number)) missing |= capability::bit(number);
    return capability::names_of(missing);
}

void examine_capabilities(const host::Survey& survey, Findings& out) {
    const std::string subject = "capabilities";
    if (!capability::holds(survey.capabilities, "CAP_SYS_ADMIN")) {
        out.push_back(
            {.grade = Grade::broken,
             .subject = subject,
             .text = "CAP_SYS_ADMIN is missing: root cannot create a namespace or a mount"});
        return;
    }
    const auto missing = missing_from(survey.bounding, survey.facts.last_capability);
    if (missing.empty()) {
        have(out, subject, "all");
        return;
    }
    Finding finding{
        .grade = Grade::limited,
        .subject = subject,
        .text = cat("cannot be granted, ignored with a warning: ", join(missing, ", "))};
    for (const char* set : {"bounding", "permitted", "effective"})
        for (const std::string& name : missing)
            finding.fails.push_back({cat("/process/capabilities/", set), name});
    // Planning ignores them with a warning; it does not fail.
    finding.by_value = true;
    out.push_back(std::move(finding));
}

/// Adds a finding if one of the two programs that write ID mappings cannot be used.
void examine_mapper(const host::ProgramFile& program, const char* name, const char* capability,
                    Findings& out) {
    const std::vector<oci::PropertyPattern> fails = {{"/linux/uidMappings/1", ""}};
    if (program.path.empty())
        out.push_back({.grade = Grade::limited,
                       .subject = "subordinate ids",
                       .text = cat(name, " is not in PATH: only the caller's own ID can be mapped"),
                       .fails = fails,
                       .remedy = "apt-get install uidmap"});
    else if (!program.privileged)
        out.push_back({.grade = Grade::limited,
                       .subject = "subordinate ids",
                       .text = cat(program.path, " does not have the file capability ", capability,
                                   " and is not set-user-ID root"),
                       .fails = fails,
                       .remedy = cat("setcap ", capability, "=ep ", program.path)});
}

void examine_subordinate_ids(const host::Survey& survey, Findings& out) {
    const std::string subject = "subordinate ids";
    const std::string who = survey.user.empty() ? cat(survey.facts.uid) : survey.user;
    if (survey.subordinate_uids == 0 || survey.subordinate_gids == 0)
        out.push_back(
            {.grade = Grade::limited,
             .subject = subject,
             .text = cat("/etc/", survey.subordinate_uids == 0 ? "subuid" : "subgid",
                         " has no entry for ", who, ": only the caller's own ID can be mapped"),
             .fails = {{"/linux/uidMappings/1", ""}},
             .remedy =
                 cat("usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ", who)});
    else
        have(out, subject,
             cat(survey.subordinate_uids, " user IDs and ", survey.subordinate_gids, " group IDs"));
    examine_mapper(survey.newuidmap, "newuidmap", "cap_setuid", out);
    examine_mapper(survey.newgidmap, "newgidmap", "cap_setgid", out);
}

}  // namespace

void examine_privileges(const host::Survey& survey, Findings& out) {
    if (is_root(survey.facts))
        examine_capabilities(survey, out);
    else if (survey.facts.uid != 0)
        examine_subordinate_ids(survey, out);
    else
        have(out, "privileges", "root of a user namespace");
}

}  // namespace crux::doctor

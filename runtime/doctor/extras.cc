#include "oci-spec/extensions.h"
#include "runtime/base/text.h"
#include "runtime/doctor/examine.h"

namespace crux::doctor {

namespace {

void examine_systemd(const host::Survey& survey, Findings& out) {
    if (survey.systemd_manager) {
        have(out, "systemd",
             survey.facts.uid == 0 ? "the system manager accepts calls"
                                   : "the user manager accepts calls");
        return;
    }
    Finding finding{.grade = Grade::limited, .subject = "systemd"};
    if (!survey.systemd) {
        finding.text = "this host was not booted with systemd: --systemd-cgroup fails";
    } else {
        finding.text = "the user manager of the caller is not running: --systemd-cgroup fails";
        finding.remedy = cat("loginctl enable-linger ",
                             survey.user.empty() ? cat(survey.facts.uid) : survey.user);
    }
    out.push_back(std::move(finding));
}

void examine_criu(const host::Survey& survey, Findings& out) {
    if (!survey.criu.path.empty()) {
        have(out, "criu",
             cat(survey.criu.path, " (\"criu check\" shows whether it supports this kernel)"));
        return;
    }
    out.push_back({.grade = Grade::limited,
                   .subject = "criu",
                   .text = "not in PATH: checkpoint and restore fail",
                   .remedy = "apt-get install criu"});
}

void examine_resctrl(const host::Survey& survey, Findings& out) {
    if (survey.resctrl_mounted) {
        have(out, "resctrl", "mounted");
        return;
    }
    Finding finding{.grade = Grade::limited,
                    .subject = "resctrl",
                    .text =
                        "this kernel or CPU does not support cache and memory bandwidth "
                        "allocation",
                    .fails = {{"/linux/intelRdt", ""}}};
    if (survey.resctrl_known) {
        finding.text = "the resctrl filesystem is not mounted";
        finding.remedy = "mount -t resctrl resctrl /sys/fs/resctrl";
    }
    out.push_back(std::move(finding));
}

}  // namespace

void examine_extras(const host::Survey& survey, Findings& out) {
    examine_systemd(survey, out);
    examine_criu(survey, out);
    examine_resctrl(survey, out);
    if (!survey.memory_policies)
        out.push_back({.grade = Grade::limited,
                       .subject = "memory policies",
                       .text = "this kernel was built without CONFIG_NUMA",
                       .fails = {{"/linux/memoryPolicy", ""}}});
    if (!survey.core_scheduling)
        out.push_back({.grade = Grade::limited,
                       .subject = "core scheduling",
                       .text = "requires Linux 5.14 with CONFIG_SCHED_CORE",
                       .fails = {{cat("/annotations/", oci::kCoreSchedulingAnnotation), ""}}});
}

}  // namespace crux::doctor

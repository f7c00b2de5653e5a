#include <algorithm>
#include <array>

#include "runtime/base/text.h"
#include "runtime/doctor/examine.h"

namespace crux::doctor {

namespace {

constexpr const char* kSubject = "cgroups";

/// A controller, and the properties of config.json that it implements.
struct Controller {
    std::string_view v1;
    std::string_view v2;  ///< empty: v2 does not have it; crux reports the properties itself
    std::array<std::string_view, 3> below;  ///< /linux/resources
};

constexpr auto kControllers = std::array{
    Controller{"cpu", "cpu", {"/cpu/shares", "/cpu/quota", "/cpu/period"}},
    Controller{"cpuset", "cpuset", {"/cpu/cpus", "/cpu/mems"}},
    Controller{"memory", "memory", {"/memory"}},
    Controller{"pids", "pids", {"/pids"}},
    Controller{"blkio", "io", {"/blockIO"}},
    Controller{"hugetlb", "hugetlb", {"/hugepageLimits"}},
    Controller{"rdma", "rdma", {"/rdma"}},
    Controller{"net_cls", "", {"/network/classID"}},
    Controller{"net_prio", "", {"/network/priorities"}},
};

bool holds(const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

bool is_there(const Controller& controller, const host::Survey& survey) {
    const host::CgroupLayout& layout = survey.facts.cgroup;
    for (const host::CgroupHierarchy& hierarchy : layout.hierarchies)
        if (hierarchy.version == 1 && hierarchy.has(controller.v1)) return true;
    if (controller.v2.empty()) return layout.mode == host::CgroupMode::v2;
    return layout.unified() != nullptr && holds(survey.delegated, controller.v2);
}

std::string_view word_of(host::CgroupMode mode) {
    switch (mode) {
        case host::CgroupMode::v1:
            return "v1";
        case host::CgroupMode::hybrid:
            return "hybrid (v1 and cgroup2)";
        case host::CgroupMode::v2:
            return "v2";
        case host::CgroupMode::none:
            break;
    }
    return "none";
}

/// The command that adds controllers: systemd delegates them to a user, or a v1 hierarchy is
/// mounted.
std::string remedy_for(const std::vector<const Controller*>& missing, const host::Survey& survey) {
    const host::CgroupLayout& layout = survey.facts.cgroup;
    if (layout.mode == host::CgroupMode::v2) {
        // The controllers that systemd can delegate to a user; it does not know the others.
        constexpr std::array<std::string_view, 5> kOfSystemd = {"cpu", "cpuset", "io", "memory",
                                                                "pids"};
        const bool delegable = std::ranges::any_of(missing, [&](const Controller* controller) {
            return std::ranges::find(kOfSystemd, controller->v2) != kOfSystemd.end() &&
                   layout.unified()->has(controller->v2);
        });
        if (!delegable || !survey.systemd || survey.facts.uid == 0) return {};
        return "mkdir -p /etc/systemd/system/user@.service.d && printf '[Service]\\nDelegate=cpu "
               "cpuset io memory pids\\n' >/etc/systemd/system/user@.service.d/delegate.conf && "
               "systemctl daemon-reload";
    }
    for (const Controller* controller : missing)
        if (survey.facts.uid == 0 && holds(survey.kernel_controllers, controller->v1))
            return cat("mkdir -p /sys/fs/cgroup/", controller->v1, " && mount -t cgroup -o ",
                       controller->v1, " cgroup /sys/fs/cgroup/", controller->v1);
    return {};
}

void examine_controllers(const host::Survey& survey, Findings& out) {
    std::vector<std::string> present;
    std::vector<std::string> names;
    std::vector<const Controller*> missing;
    Finding finding{.grade = Grade::limited, .subject = kSubject, .by_value = true};
    const bool unified = survey.facts.cgroup.mode == host::CgroupMode::v2;
    for (const Controller& controller : kControllers) {
        const std::string_view name =
            unified && !controller.v2.empty() ? controller.v2 : controller.v1;
        if (is_there(controller, survey)) {
            if (!unified || !controller.v2.empty()) present.emplace_back(name);
            continue;
        }
        missing.push_back(&controller);
        names.emplace_back(name);
        for (const std::string_view below : controller.below)
            if (!below.empty()) finding.fails.push_back({cat("/linux/resources", below), ""});
    }
    have(out, kSubject,
         cat(word_of(survey.facts.cgroup.mode), ", controllers: ", join(present, ", ")));
    if (missing.empty()) return;
    finding.text = cat("missing controllers: ", join(names, ", "));
    finding.remedy = remedy_for(missing, survey);
    out.push_back(std::move(finding));
}

void examine_permission(const host::Survey& survey, Findings& out) {
    if (survey.closed_cgroups.empty()) return;
    Finding finding{
        .subject = kSubject,
        .text = cat("cannot create a cgroup: ", join(survey.closed_cgroups, ", "),
                    survey.closed_cgroups.size() == 1 ? " is" : " are", " not writable"),
    };
    if (is_root(survey.facts)) {
        finding.grade = Grade::broken;
        finding.remedy = "mount -o remount,rw /sys/fs/cgroup";
    } else {
        // A container without limits and without a cgroupsPath runs without a cgroup.
        finding.grade = Grade::limited;
        finding.fails = {{"/linux/resources", ""}, {"/linux/cgroupsPath", ""}};
        finding.by_value = true;
        if (survey.systemd_manager)
            finding.remedy = "systemd-run --user --scope -p Delegate=yes crux ...";
    }
    out.push_back(std::move(finding));
}

}  // namespace

void examine_cgroups(const host::Survey& survey, Findings& out) {
    if (survey.facts.cgroup.mode == host::CgroupMode::none) {
        out.push_back({.grade = Grade::limited,
                       .subject = kSubject,
                       .text = "no cgroup hierarchy is mounted: limits are not supported",
                       .fails = {{"/linux/resources", ""}},
                       .by_value = true,
                       .remedy = "mount -t cgroup2 cgroup2 /sys/fs/cgroup"});
        return;
    }
    examine_controllers(survey, out);
    examine_permission(survey, out);
}

}  // namespace crux::doctor

#include "runtime/container/container_cgroup.h"

#include <cerrno>

#include "runtime/container/cgroup_config.h"
#include "runtime/container/systemd_unit.h"

namespace crux::container {

namespace {

/// systemd would accept a cgroup with processes or a frozen one, and in a frozen one its helper
/// would not wake up.
Status check_unused(const systemd::Unit& unit, std::vector<cgroup::CgroupDir> dirs) {
    for (cgroup::CgroupDir& dir : dirs) dir.path.resize(dir.path.size() - unit.below.size());
    return cgroup::Group::check_unused(std::move(dirs)).during(cat("systemd unit ", unit.name));
}

void log_limits(const plan::HostPart& host, StepLog* log) {
    if (log == nullptr) return;
    for (const cgroup::Setting& setting : host.limits.settings)
        log_act(log, "limit", cat(host.cgroup[setting.dir].directory(), '/', setting.file));
    if (const auto& program = host.limits.device_program)
        log_act(log, "devices", host.cgroup[program->dir].directory());
}

}  // namespace

Status ContainerCgroup::start_unit(launch::Journal& journal, const Prepared& prepared,
                                   const Context& context) {
    const std::vector<cgroup::CgroupDir>& dirs = prepared.plan.host.cgroup;
    cgroup::Limits tight = take_tight_limits(limits_);
    TRY(check_unused(*prepared.unit, dirs));
    TRY(journal.note_cgroup(dirs, {}));
    TRY(journal.note_unit({prepared.unit->name, prepared.unit->user}));
    systemd::HeldUnit helper = TRY(container::start_unit(prepared, limits_));
    unit_.emplace(*prepared.unit, std::move(helper), std::move(tight));
    log_act(context.step_log, "unit", unit_->unit.name);
    // Hierarchies that systemd does not use have none of its slices.
    const auto ancestors = TRY(cgroup::Group::missing_ancestors(dirs));
    TRY(journal.note_cgroup({}, ancestors));
    std::optional<pid_t> keeper;
    if (!unit_->unit.below.empty()) keeper = unit_->helper.keeper();
    group_ = TRY(cgroup::Group::adopt(dirs, limits_, keeper));
    return {};
}

Status ContainerCgroup::make_any(launch::Journal& journal, const Prepared& prepared,
                                 const Context& context) {
    const plan::HostPart& host = prepared.plan.host;
    if (host.cgroup.empty()) return {};
    limits_ = host.limits;
    if (prepared.unit) {
        TRY(start_unit(journal, prepared, context));
    } else {
        const auto ancestors = TRY(cgroup::Group::missing_ancestors(host.cgroup));
        TRY(journal.note_cgroup(host.cgroup, ancestors));
        group_ = TRY(cgroup::Group::create(host.cgroup, limits_));
    }
    TRY(journal.note_cgroup_is_ours());
    for (const cgroup::CgroupDir& dir : host.cgroup)
        log_act(context.step_log, "cgroup", dir.directory());
    std::vector<cgroup::Warning> soft;
    TRY(group_->apply(limits_, soft));
    for (const cgroup::Warning& warning : soft)
        context.warn(cat(warning.origin, ": ", warning.text));
    log_limits(host, context.step_log);
    // An ordinary user owns what it creates, and cannot give it to another user.
    const std::optional<uid_t> owner = cgroup_owner(prepared.bundle.config);
    if (owner && prepared.facts.uid == 0) TRY(group_->give_to(*owner));
    return {};
}

Status ContainerCgroup::make(launch::Journal& journal, const Prepared& prepared,
                             const Context& context) {
    Status made = make_any(journal, prepared, context);
    if (!made && made.error().code() == EROFS)
        return std::move(made).during(
            "the container's cgroup cannot be made (mount its hierarchy for writing, or do without "
            "one by --cgroup-manager disabled)");
    return made;
}

Status ContainerCgroup::release_helper() {
    if (!unit_) return {};
    TRY(unit_->helper.release());
    TRY(change_unit(unit_->unit, unit_->tight));
    std::vector<cgroup::Warning> soft;
    return group_->apply(unit_->tight, soft);
}

}  // namespace crux::container

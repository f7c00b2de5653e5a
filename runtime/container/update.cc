#include <algorithm>

#include "oci-spec/rules.h"
#include "oci-spec/runc/update.h"
#include "runtime/base/text.h"
#include "runtime/cgroup/limits.h"
#include "runtime/container/cgroup_config.h"
#include "runtime/container/existing.h"
#include "runtime/container/operations.h"
#include "runtime/container/resctrl_class.h"
#include "runtime/container/systemd_unit.h"
#include "runtime/host/read.h"
#include "runtime/sys/file.h"
#include "runtime/systemd/properties.h"

namespace crux::container {

namespace {

/// The container's limits before and after the update.
struct Change {
    cgroup::Limits before;
    cgroup::Limits after;
    oci::Resources resources;  ///< after
};

Status check_state(const ExistingContainer& container) {
    switch (TRY(status_of(container))) {
        case oci::Status::created:
        case oci::Status::running:
        case oci::Status::paused:
            return {};
        case oci::Status::creating:
        case oci::Status::stopped:
            break;
    }
    return fail(Error::Kind::state, "container not running");
}

bool is_below(std::string_view origin, std::string_view pointer) {
    return origin.starts_with(pointer) &&
           (origin.size() == pointer.size() || origin[pointer.size()] == '/');
}

/// cgroup v1: quota and period, which systemd must be given together.
bool is_bandwidth(const cgroup::Setting& setting) {
    return setting.file == "cpu.cfs_quota_us" || setting.file == "cpu.cfs_period_us";
}

/// Removes the settings that are neither named nor different from before.
void keep_changes(std::vector<cgroup::Setting>& settings, const std::vector<std::string>& named,
                  const std::vector<cgroup::Setting>& before) {
    const auto is_change = [&](const cgroup::Setting& setting) {
        const bool is_named = std::ranges::any_of(
            named, [&](const std::string& pointer) { return is_below(setting.origin, pointer); });
        const bool is_known = std::ranges::any_of(before, [&](const cgroup::Setting& old) {
            return old.dir == setting.dir && old.file == setting.file && old.value == setting.value;
        });
        return is_named || !is_known;
    };
    const bool other_time = std::ranges::any_of(settings, [&](const cgroup::Setting& setting) {
        return is_bandwidth(setting) && is_change(setting);
    });
    std::erase_if(settings, [&](const cgroup::Setting& setting) {
        return !is_change(setting) && !(other_time && is_bandwidth(setting));
    });
}

Result<Change> work_out(const Context& context, const oci::Resources& before,
                        oci::Resources changes, const cgroup::Group& group, bool has_unit) {
    const host::Facts facts = TRY(host::read_facts());
    cgroup::LimitsOptions options{.unprivileged = is_unprivileged(facts), .pointer = {}};
    // Rules that another program added (for a graphics card) must survive an update that only
    // repeats the container's.
    if (oci::same_rules(before.devices, changes.devices)) changes.devices.clear();
    if (changes.devices.empty()) options.devices = cgroup::Devices::keep;
    Change change;
    change.resources = oci::updated(before, changes);
    change.before = TRY(cgroup::limits_for(before, group.dirs(), options));
    options.strict = context.strict_resources;
    change.after = TRY(cgroup::limits_for(change.resources, group.dirs(), options));
    if (has_unit) {
        systemd::round_up_quota(change.before.settings);
        systemd::round_up_quota(change.after.settings);
    }
    keep_changes(change.after.settings, oci::named_by(changes), change.before.settings);
    return change;
}

Status check(const oci::Resources& changes) {
    oci::Diagnostics faults = oci::check_resources(changes);
    if (faults.has_errors()) return std::unexpected(faults.to_error());
    return {};
}

/// Pointers are those in a document of resources, not in a whole configuration.
Error in_resources(const Error& error) {
    if (error.pointer().empty()) return {error.kind(), error.text()};
    return {error.kind(), cat(error.text(), " (resources: ", error.pointer(), ")")};
}

void take_warnings(const std::vector<cgroup::Warning>& found, const Context& context) {
    for (const cgroup::Warning& warning : found)
        context.warn(cat(warning.origin, ": ", warning.text));
}

/// What the next update starts from.
Status record_resources(const ExistingContainer& container, std::string_view config,
                        const oci::Resources& resources) {
    if (container.record.maker == oci::Maker::runc) {
        const std::string state = TRY(container.state.read_record_text());
        return container.state.replace(kRecordName, oci::with_runc_resources(state, resources));
    }
    return container.state.replace(kConfigName, oci::with_resources(config, resources));
}

Status update_existing(const Context& context, const ExistingContainer& container,
                       const UpdateOptions& options) {
    TRY(check(options.changes));
    const auto [text, config] = TRY(stored_config(container));
    cgroup::Group group = TRY(group_of(container));
    const bool has_unit = container.record.cgroup_driver == oci::CgroupDriver::systemd;
    const Change change =
        TRY(work_out(context, config.linux.resources, options.changes, group, has_unit));

    std::vector<cgroup::Warning> soft = change.after.warnings;
    const cgroup::Limits undo = TRY(group.change(change.after, change.before, soft));
    Status written = has_unit ? change_unit(container.record, change.after) : Status();
    if (has_unit && written) {
        // Where systemd has no property for a value, it has just written its own.
        std::vector<cgroup::Warning> known;
        cgroup::Limits again;
        for (const cgroup::Setting& setting : change.after.settings)
            if (!setting.file.starts_with("devices.")) again.settings.push_back(setting);
        written = group.apply(again, known);
    }
    if (written)
        written = change_class(config.linux, container.record.id, options.l3_cache_schema,
                               options.mem_bw_schema);
    if (written) written = record_resources(container, text, change.resources);
    if (!written) {
        std::vector<cgroup::Warning> unheard;
        (void)group.apply(undo, unheard);
        if (has_unit) (void)change_unit(container.record, undo);
        return written;
    }
    take_warnings(soft, context);
    return {};
}

}  // namespace

Status update(const Context& context, const UpdateOptions& options) {
    const ExistingContainer container = TRY(load_locked(context));
    TRY(check_state(container));
    Status done = update_existing(context, container, options);
    if (!done) return std::unexpected(in_resources(done.error()));
    return {};
}

}  // namespace crux::container

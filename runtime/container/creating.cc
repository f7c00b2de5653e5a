#include "runtime/container/creating.h"

#include <unistd.h>

#include <cerrno>

#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/container/cgroup_config.h"
#include "runtime/container/delete.h"
#include "runtime/container/systemd_unit.h"
#include "runtime/hooks/run.h"
#include "runtime/sys/directory.h"
#include "runtime/sys/process.h"
#include "runtime/sys/time.h"

namespace crux::container {

namespace {

/// Where the namespaces of the container are found: what was joined by path stays at that path, the
/// rest is init's own.
void note_namespaces(const oci::Config& config, oci::ContainerRecord& record) {
    for (const oci::Namespace& entry : config.linux.namespaces) {
        const std::string own = cat("/proc/", record.init_process_pid, "/ns/",
                                    oci::namespace_word(entry.type).proc_name);
        record.namespace_paths.emplace_back(entry.type, entry.path.empty() ? own : entry.path);
        if (entry.type == oci::NamespaceType::pid && entry.path.empty())
            record.own_pid_namespace = true;
    }
}

/// What our descriptors 0 to 2, which the container's init has too, lead to: a restore finds pipes
/// by that.
std::vector<std::string> own_descriptors() {
    std::vector<std::string> targets;
    for (int number = 0; number <= STDERR_FILENO; ++number)
        targets.push_back(sys::readlinkat(sys::FdRef::cwd(), cat("/proc/self/fd/", number))
                              .value_or(std::string()));
    return targets;
}

/// systemd would take a cgroup as it is, and in a frozen one its helper would not wake up.
Status check_unused(const systemd::Unit& unit, std::vector<cgroup::CgroupDir> places) {
    for (cgroup::CgroupDir& place : places)
        place.path.resize(place.path.size() - unit.below.size());
    return cgroup::Group::check_unused(std::move(places)).during(cat("systemd unit ", unit.name));
}

}  // namespace

Status NewGroup::adopt(NewGroup& made, launch::Journal& journal, const Prepared& prepared,
                       cgroup::Limits& limits) {
    cgroup::Limits tight = take_tight_limits(limits);
    const std::vector<cgroup::CgroupDir>& places = prepared.plan.host.cgroup;
    TRY(check_unused(*prepared.unit, places));
    TRY(journal.note_cgroup(places, {}));
    TRY(journal.note_unit({prepared.unit->name, prepared.unit->user}));
    systemd::HeldUnit helper = TRY(start_unit(prepared, limits));
    made.unit_ = std::make_unique<Unit>(*prepared.unit, std::move(helper), std::move(tight));
    // Hierarchies that systemd does not use have none of its slices.
    TRY(journal.note_cgroup({}, cgroup::Group::missing_ancestors(places)));
    std::optional<pid_t> keeper;
    if (!prepared.unit->below.empty()) keeper = made.unit_->helper.keeper();
    made.group_ = TRY(cgroup::Group::adopt(places, limits, keeper));
    return {};
}

Result<NewGroup> NewGroup::make(launch::Journal& journal, const Prepared& prepared,
                                Warnings& warnings) {
    auto made = make_or_not(journal, prepared, warnings);
    if (!made && made.error().code() == EROFS)
        return std::move(made).during(
            "the container's cgroup cannot be made (mount its hierarchy for writing, or do without "
            "one by --cgroup-manager disabled)");
    return made;
}

Result<NewGroup> NewGroup::make_or_not(launch::Journal& journal, const Prepared& prepared,
                                       Warnings& warnings) {
    const plan::HostPart& host = prepared.plan.host;
    NewGroup made;
    if (host.cgroup.empty()) return made;
    cgroup::Limits limits = host.limits;
    if (prepared.unit) {
        TRY(adopt(made, journal, prepared, limits));
    } else {
        TRY(journal.note_cgroup(host.cgroup, cgroup::Group::missing_ancestors(host.cgroup)));
        made.group_ = TRY(cgroup::Group::create(host.cgroup, limits));
    }
    TRY(journal.note_cgroup_is_ours());
    std::vector<cgroup::Warning> soft;
    TRY(made.group_->apply(limits, soft));
    for (const cgroup::Warning& warning : soft)
        warnings.push_back(cat(warning.origin, ": ", warning.text));
    // What an ordinary user makes is that user's, and can be given to nobody else.
    const std::optional<uid_t> owner = cgroup_owner(prepared.bundle.config);
    if (owner && prepared.facts.uid == 0) TRY(made.group_->give_to(*owner));
    return made;
}

Status NewGroup::populated() {
    if (!unit_) return {};
    TRY(unit_->helper.release());
    TRY(change_unit(unit_->what, unit_->tight));
    std::vector<cgroup::Warning> soft;
    return group_->apply(unit_->tight, soft);
}

NewGroup::~NewGroup() {
    if (group_) (void)group_->destroy(group_->made_ancestors());
    // Nobody is in it any more; that systemd cannot be told was seen when it was started.
    if (unit_) (void)stop_unit({unit_->what.name, unit_->what.user});
}

oci::State hook_state(const Prepared& prepared, const StateDirectory& state, int pid) {
    oci::State document;
    document.oci_version = prepared.bundle.config.oci_version;
    document.id = state.id();
    document.status = oci::Status::creating;
    document.pid = pid;
    document.bundle = prepared.bundle.path;
    document.annotations = prepared.bundle.config.annotations;
    return document;
}

PoststopOnFailure::~PoststopOnFailure() {
    run_poststop(hooks_, std::move(document_), warnings_);
}

void PoststopOnFailure::arm(const Prepared& prepared, const StateDirectory& state) {
    hooks_ = prepared.bundle.config.hooks.poststop;
    document_ = hook_state(prepared, state, 0);
}

Status run_host_hooks(const Prepared& prepared, const StateDirectory& state, int pid) {
    const std::string document = oci::hook_state_json(hook_state(prepared, state, pid));
    const hooks::HookContext setting{document, prepared.bundle.path};
    const oci::Hooks& hooks = prepared.bundle.config.hooks;
    TRY(hooks::run_all("prestart", hooks.prestart, setting).at("/hooks/prestart"));
    return hooks::run_all("createRuntime", hooks.create_runtime, setting)
        .at("/hooks/createRuntime");
}

Result<oci::ContainerRecord> record_of(const Prepared& prepared, const StateDirectory& state,
                                       const StateRoot& place, const CreateOptions& options,
                                       pid_t pid, sys::FdRef pidfd) {
    const oci::Config& config = prepared.bundle.config;
    oci::ContainerRecord record;
    record.oci_version = config.oci_version;
    record.id = state.id();
    record.init_process_pid = pid;
    const sys::ProcessStat stat = TRY(sys::process_stat(pid).during("read init's start time"));
    record.init_process_start = stat.start_time;
    record.pidfd_inode = TRY(sys::pidfd_inode(pidfd)).value_or(0);
    record.created = sys::rfc3339(sys::realtime());
    record.bundle = prepared.bundle.path;
    record.rootfs = prepared.bundle.rootfs;
    record.annotations = config.annotations;
    record.status = oci::Status::created;
    record.rootless = place.rootless;
    record.owner_uid = prepared.facts.uid;
    record.boot_id = TRY(sys::boot_id().during("read the boot id"));
    record.no_pivot = options.no_pivot;
    record.no_new_keyring = options.no_new_keyring;
    if (prepared.unit) {
        record.cgroup_driver = oci::CgroupDriver::systemd;
        record.systemd_unit = prepared.unit->name;
    }
    record.cgroups_path = config.linux.cgroups_path;
    record.has_process = config.process.has_value();
    record.has_poststart = !config.hooks.poststart.empty();
    record.has_poststop = !config.hooks.poststop.empty();
    for (const cgroup::CgroupDir& entry : prepared.plan.host.cgroup) {
        if (entry.version == 2) record.cgroup_paths.emplace_back("", entry.directory());
        for (const std::string& name : entry.controllers)
            if (entry.version == 1) record.cgroup_paths.emplace_back(name, entry.directory());
    }
    note_namespaces(config, record);
    record.external_descriptors = own_descriptors();
    return record;
}

}  // namespace crux::container

#include "runtime/container/record.h"

#include <unistd.h>

#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/sys/directory.h"
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

/// The path of the cgroup that crun looks for.
std::string path_below(std::span<const cgroup::CgroupDir> dirs) {
    const int freezer = cgroup::find_dir(dirs, "freezer", "");
    const int found = freezer >= 0 ? freezer : cgroup::unified_dir(dirs);
    return found < 0 ? std::string() : dirs[static_cast<std::size_t>(found)].path;
}

/// What descriptors 0 to 2, which the container's init inherits, lead to: a restore finds pipes by
/// that.
std::vector<std::string> own_descriptors() {
    std::vector<std::string> targets;
    for (int number = 0; number <= STDERR_FILENO; ++number)
        targets.push_back(sys::readlinkat(sys::FdRef::cwd(), cat("/proc/self/fd/", number))
                              .value_or(std::string()));
    return targets;
}

}  // namespace

oci::State hook_state(const Prepared& prepared, std::string_view id, int pid) {
    oci::State document;
    document.oci_version = prepared.bundle.config.oci_version;
    document.id = id;
    document.status = oci::Status::creating;
    document.pid = pid;
    document.bundle = prepared.bundle.path;
    document.annotations = prepared.bundle.config.annotations;
    return document;
}

Result<oci::ContainerRecord> record_of(const Context& context, const Prepared& prepared,
                                       const CreateOptions& options, pid_t pid, sys::FdRef pidfd) {
    const oci::Config& config = prepared.bundle.config;
    oci::ContainerRecord record;
    record.oci_version = config.oci_version;
    record.id = context.id;
    record.init_process_pid = pid;
    const sys::ProcessStat stat = TRY(sys::process_stat(pid).during("read init's start time"));
    record.init_process_start = stat.start_time;
    record.pidfd_inode = TRY(sys::pidfd_inode(pidfd)).value_or(0);
    // lint: allow clock: it is only shown.
    record.created = sys::rfc3339(sys::realtime());
    record.bundle = prepared.bundle.path;
    record.rootfs = prepared.bundle.rootfs;
    record.annotations = config.annotations;
    record.status = oci::Status::created;
    record.rootless = context.state_root.rootless;
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
    record.cgroup_below = path_below(prepared.plan.host.cgroup);
    note_namespaces(config, record);
    record.external_descriptors = own_descriptors();
    return record;
}

}  // namespace crux::container

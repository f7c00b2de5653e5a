#include "runtime/container/existing.h"

#include <cerrno>

#include "oci-spec/config.h"
#include "runtime/launch/journal.h"
#include "runtime/sys/file.h"

namespace crux::container {

const char* word_of(oci::Status status) {
    for (const auto& word : oci::kStatuses)
        if (word.value == status) return word.name.data();
    return "stopped";
}

Result<ExistingContainer> load(const StateRoot& state_root, std::string_view id) {
    StateDirectory state = TRY(StateDirectory::open(state_root, id));
    oci::ContainerRecord record = TRY(state.read_record());
    return ExistingContainer{std::move(state), std::move(record)};
}

Result<StoredConfig> stored_config(const StateDirectory& state) {
    StoredConfig stored;
    stored.text = TRY(
        sys::read_file(state.directory(), kConfigName).during("read the container's config.json"));
    stored.config = oci::parse_config(stored.text).config;
    return stored;
}

Result<std::optional<sys::Pidfd>> live_init(const oci::ContainerRecord& record) {
    auto pidfd = sys::pidfd_open(record.init_process_pid);
    if (!pidfd && (pidfd.error().value == ESRCH || pidfd.error().value == EINVAL))
        return std::optional<sys::Pidfd>();
    sys::Pidfd process = TRY(std::move(pidfd).during("open init"));
    // The descriptor is opened first: what is read now is about the process that it holds, or
    // about none.
    auto stat = sys::process_stat(record.init_process_pid);
    if (!stat || stat->dead() || stat->start_time != record.init_process_start)
        return std::optional<sys::Pidfd>();
    if (record.pidfd_inode != 0) {
        auto inode = sys::pidfd_inode(process);
        if (inode && *inode && **inode != record.pidfd_inode) return std::optional<sys::Pidfd>();
    }
    auto boot = sys::boot_id();
    if (boot && *boot != record.boot_id) return std::optional<sys::Pidfd>();
    return std::optional(std::move(process));
}

Result<cgroup::Group> group_of(const StateDirectory& state) {
    launch::Journal::Content journal = TRY(launch::Journal::read(state.directory()));
    return cgroup::Group::open(std::move(journal.cgroup));
}

Result<oci::Status> status_of(const ExistingContainer& container) {
    const cgroup::Group group = TRY(group_of(container.state));
    if (TRY(group.freezer_state()) == cgroup::FreezerState::frozen) return oci::Status::paused;
    const auto init = TRY(live_init(container.record));
    if (!init) return oci::Status::stopped;
    // A reader of the FIFO is init at the barrier; exec closes it, and start takes it away.
    auto fifo =
        sys::openat(container.state.directory(), kFifoName, O_WRONLY | O_NONBLOCK | O_NOFOLLOW);
    if (fifo) return oci::Status::created;
    if (fifo.error().value != ENXIO) return oci::Status::running;
    // Without a reader it is there for a moment: after exec, until start has taken it away, or
    // while an init that was killed at the barrier has closed its files and is not dead yet.
    auto stat = sys::process_stat(container.record.init_process_pid);
    return stat && !stat->exiting ? oci::Status::running : oci::Status::stopped;
}

Result<oci::State> state_of(const ExistingContainer& container) {
    const oci::Status status = TRY(status_of(container));
    const oci::ContainerRecord& record = container.record;
    oci::State document;
    document.oci_version = record.oci_version;
    document.id = record.id;
    document.pid = status == oci::Status::stopped ? 0 : record.init_process_pid;
    document.status = status;
    document.bundle = record.bundle;
    document.rootfs = record.rootfs;
    document.created = record.created;
    document.annotations = record.annotations;
    return document;
}

}  // namespace crux::container

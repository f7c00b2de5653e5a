#include "runtime/container/existing.h"

#include <cerrno>

#include "oci-spec/config.h"
#include "runtime/container/peer.h"
#include "runtime/sys/file.h"
#include "runtime/sys/trusted.h"

namespace crux::container {

const char* word_of(oci::Status status) {
    for (const auto& word : oci::kStatuses)
        if (word.value == status) return word.name.data();
    return "stopped";
}

Result<ExistingContainer> load(const StateRoot& state_root, std::string_view id) {
    StateDirectory state = TRY(StateDirectory::open(state_root, id));
    auto record = state.read_record();
    if (!record && is_missing(record.error()) && state.is_abandoned())
        return fail(Error::Kind::state,
                    cat(record.error().text(), ": ", abandoned_words(state_root, id)));
    if (!record) return std::unexpected(std::move(record).error());
    return ExistingContainer{std::move(state), std::move(*record)};
}

Result<ExistingContainer> load_locked(const Context& context) {
    ExistingContainer container = TRY(load(context));
    TRY(container.state.lock());
    return container;
}

namespace {

Result<std::string> config_text(const ExistingContainer& container) {
    if (container.record.maker != oci::Maker::runc)
        return sys::read_trusted_file(container.state.directory(), kConfigName, sys::kReadLimit);
    const std::string& path = container.record.bundle;
    const sys::Fd bundle =
        TRY(sys::open_trusted_directory(sys::FdRef::cwd(), path).during(cat("bundle ", path)));
    return sys::read_trusted_file(bundle, kConfigName, sys::kReadLimit);
}

}  // namespace

Result<StoredConfig> stored_config(const ExistingContainer& container) {
    StoredConfig stored;
    const std::string doing = container.record.maker == oci::Maker::runc
                                  ? cat(container.record.bundle, '/', kConfigName)
                                  : container.state.path_of(kConfigName);
    stored.text = TRY(config_text(container).during(doing));
    oci::Parsed parsed = oci::parse_config(stored.text);
    if (parsed.diagnostics.has_errors())
        return std::unexpected(parsed.diagnostics.to_error().during(doing));
    stored.config = std::move(parsed.config);
    return stored;
}

namespace {

/// Whether the error of pidfd_open(2) says that there is no process of this number: ENOENT (older
/// kernels: EINVAL) if the number is a thread's.
bool is_no_process(const Errno& error) {
    return error.value == ESRCH || error.value == ENOENT || error.value == EINVAL;
}

/// What /proc says about the process that the descriptor holds; nothing if it has exited. A missing
/// file does not mean that: /proc may be missing as well.
Result<std::optional<sys::ProcessStat>> stat_of(sys::FdRef process, pid_t pid) {
    auto stat = sys::process_stat(pid);
    if (stat) return std::optional(*stat);
    const bool exited = TRY(sys::wait_for_exit(process, 0).during("poll init"));
    if (exited) return std::optional<sys::ProcessStat>();
    return std::unexpected(Error(stat.error()).during(cat("read /proc/", pid, "/stat")));
}

}  // namespace

Result<std::optional<sys::Pidfd>> live_init(const oci::ContainerRecord& record) {
    auto pidfd = sys::pidfd_open(record.init_process_pid);
    if (!pidfd && is_no_process(pidfd.error())) return std::optional<sys::Pidfd>();
    sys::Pidfd process = TRY(std::move(pidfd).during("open init"));
    // The descriptor is opened first: what is read now is about the process that it holds, or
    // about none.
    const auto stat = TRY(stat_of(process, record.init_process_pid));
    if (!stat || stat->dead() || stat->start_time != record.init_process_start)
        return std::optional<sys::Pidfd>();
    if (record.pidfd_inode != 0) {
        const auto inode = TRY(sys::pidfd_inode(process).during("stat the pidfd of init"));
        if (inode && *inode != record.pidfd_inode) return std::optional<sys::Pidfd>();
    }
    // Other runtimes do not record it: their state is on a tmpfs.
    if (record.maker != oci::Maker::crux) return std::optional(std::move(process));
    const std::string boot = TRY(sys::boot_id().during("read the boot ID"));
    if (boot != record.boot_id) return std::optional<sys::Pidfd>();
    return std::optional(std::move(process));
}

Result<bool> is_ending(const oci::ContainerRecord& record) {
    const auto init = TRY(live_init(record));
    if (!init) return true;
    const auto stat = TRY(stat_of(*init, record.init_process_pid));
    return !stat || stat->exiting || stat->killed;
}

Result<launch::Journal::Content> resources_of(const ExistingContainer& container) {
    if (container.record.maker != oci::Maker::crux) return peer_resources(container.record);
    return launch::Journal::read(container.state.directory()).during(container.state.path());
}

Result<cgroup::Group> group_of(const ExistingContainer& container) {
    launch::Journal::Content resources = TRY(resources_of(container));
    return cgroup::Group::open(std::move(resources.cgroup));
}

namespace {

/// The status of a container with a live init that another runtime made: its FIFO is there until
/// the container has been started.
Result<oci::Status> peer_status(const StateDirectory& state) {
    auto fifo = sys::fstatat(state.directory(), kFifoName, AT_SYMLINK_NOFOLLOW);
    if (fifo) return oci::Status::created;
    if (fifo.error().value == ENOENT) return oci::Status::running;
    return std::unexpected(Error(fifo.error()).during(state.path_of(kFifoName)));
}

}  // namespace

Result<oci::Status> status_of(const ExistingContainer& container) {
    const cgroup::Group group = TRY(group_of(container));
    if (TRY(group.freezer_state()) == cgroup::FreezerState::frozen) return oci::Status::paused;
    const auto init = TRY(live_init(container.record));
    if (!init) return oci::Status::stopped;
    if (container.record.maker != oci::Maker::crux) return peer_status(container.state);
    // A reader of the FIFO is init at the barrier; exec closes it, and start takes it away.
    auto fifo =
        sys::openat(container.state.directory(), kFifoName, O_WRONLY | O_NONBLOCK | O_NOFOLLOW);
    if (fifo) return oci::Status::created;
    if (fifo.error().value == ENOENT) return oci::Status::running;
    if (fifo.error().value != ENXIO)
        return std::unexpected(Error(fifo.error()).during(container.state.path_of(kFifoName)));
    // Without a reader it is there for a moment: after exec, until start has taken it away, or
    // while an init that was killed at the barrier has closed its files and is not dead yet.
    const auto stat = TRY(stat_of(*init, container.record.init_process_pid));
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

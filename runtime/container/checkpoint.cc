
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>

#include <cerrno>

#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/checkpoint/criu.h"
#include "runtime/container/criu_request.h"
#include "runtime/container/delete.h"
#include "runtime/container/existing.h"
#include "runtime/container/operations.h"
#include "runtime/container/peer.h"
#include "runtime/launch/journal.h"
#include "runtime/sys/directory.h"
#include "runtime/sys/file.h"

namespace crux::container {

namespace {

constexpr const char* kLog = "dump.log";

Status check_status(const ExistingContainer& container) {
    const oci::Status status = TRY(status_of(container));
    if (status == oci::Status::running || status == oci::Status::paused) return {};
    return fail(Error::Kind::state,
                cat("Container cannot be checkpointed in ", word_of(status), " state"));
}

/// Checks that the images of a pre-dump exist.
Status check_parent(const CriuOptions& options, const ImageFolders& folders) {
    if (options.parent_path.empty()) return {};
    const std::string path = cat(options.image_path, '/', options.parent_path);
    const struct ::stat status = TRY(sys::fstatat(folders.images, options.parent_path)
                                         .during(path)
                                         .during("invalid --parent-path"));
    if (S_ISDIR(status.st_mode)) return {};
    return fail(Error::Kind::usage,
                cat("invalid --parent-path: ", path, ": ", errno_words(ENOTDIR)));
}

/// Leaves out the contents of the host's mounts.
Status add_mounts(const std::vector<ExternalPlace>& places, pid_t init,
                  checkpoint::RpcOptions& rpc) {
    const sys::Fd root =
        TRY(sys::openat(sys::FdRef::cwd(), cat("/proc/", init, "/root"), O_PATH | O_DIRECTORY)
                .during("open the container's root"));
    rpc.mounts = TRY(mounts_to_leave(root, places));
    return {};
}

/// Namespaces that were joined by path are not the container's.
Status add_namespaces(const oci::Config& config, checkpoint::RpcOptions& rpc) {
    for (const oci::NamespaceType type : {oci::NamespaceType::network, oci::NamespaceType::pid}) {
        const oci::Namespace* joined = oci::find_namespace(config.linux, type);
        if (joined == nullptr || joined->path.empty()) continue;
        const std::string_view name = oci::namespace_word(type).proc_name;
        const struct ::stat status =
            TRY(sys::fstatat(sys::FdRef::cwd(), joined->path).during(joined->path));
        rpc.external.push_back(cat(name, '[', status.st_ino, "]:", namespace_key(name)));
    }
    return {};
}

/// The cgroup with which CRIU freezes the container.
std::string freezer_of(const std::vector<cgroup::CgroupDir>& places) {
    const int place = cgroup::find_dir(places, "freezer", "freezer");
    if (place >= 0) return places[static_cast<std::size_t>(place)].directory();
    const int unified = cgroup::unified_dir(places);
    return unified < 0 ? "" : places[static_cast<std::size_t>(unified)].directory();
}

Status check_status_fd(int number) {
    if (number < 0) return {};
    auto flags = sys::get_file_flags(sys::FdRef(number));
    if (!flags)
        return std::unexpected(
            Error(flags.error()).during(cat("invalid --status-fd argument ", number)));
    if ((*flags & O_ACCMODE) == O_RDONLY)
        return fail(Error::Kind::usage,
                    cat("invalid --status-fd argument ", number, ": not writable"));
    return {};
}

/// CRIU announces a dump's progress; only "status-ready" matters here.
class DumpListener : public checkpoint::Listener {
 public:
    explicit DumpListener(int status_fd) : status_fd_(status_fd) {}
    Status hear(const checkpoint::Response& announcement, sys::Fd /*descriptor*/) override {
        if (announcement.script != "status-ready" || status_fd_ < 0) return {};
        const sys::Fd file(std::exchange(status_fd_, -1));
        return sys::write_all(file, std::string_view("\0", 1)).during("write to --status-fd");
    }

 private:
    int status_fd_;
};

/// CRIU's options for this container.
Result<checkpoint::RpcOptions> dump_options(const ExistingContainer& container,
                                            const oci::Config& config, const CriuOptions& options,
                                            const ImageFolders& folders) {
    const launch::Journal::Content journal = TRY(resources_of(container));
    checkpoint::RpcOptions rpc = common_options(options, config);
    use_folders(folders, rpc);
    rpc.log_file = kLog;
    rpc.root = container.record.rootfs;
    rpc.pid = container.record.init_process_pid;
    rpc.leave_running = options.leave_running;
    rpc.tcp_skip_in_flight = options.tcp_skip_in_flight;
    rpc.link_remap = options.link_remap;
    rpc.page_server_address = options.page_server_address;
    rpc.page_server_port = options.page_server_port;
    rpc.parent_img = options.parent_path;
    rpc.track_mem = !options.parent_path.empty();
    rpc.freeze_cgroup = freezer_of(journal.cgroup);
    TRY(add_namespaces(config, rpc));
    if (options.pre_dump) return rpc;
    const std::string state =
        TRY(sys::readlinkat(sys::FdRef::cwd(), sys::FdPath(container.state.directory()))
                .during("find the state directory"));
    TRY(add_mounts(external_places(config, container.record.bundle, journal.cgroup, state), rpc.pid,
                   rpc));
    return rpc;
}

/// Saves what the standard descriptors led to when the container was created, for the restore.
Status write_descriptors(const ExistingContainer& container, const ImageFolders& folders) {
    constexpr mode_t kMode = 0600;
    const sys::Fd file = TRY(sys::openat(folders.images, kDescriptorsName,
                                         O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, kMode)
                                 .during(kDescriptorsName));
    return sys::write_all(file, oci::descriptors_json(container.record.external_descriptors))
        .during(kDescriptorsName);
}

Status check_abilities(const CriuOptions& options) {
    TRY(checkpoint::criu_version());
    if (options.pre_dump) TRY(checkpoint::check_features({.mem_track = true}));
    if (!options.lazy_pages) return {};
    TRY(checkpoint::check_features({.lazy_pages = true}));
    return check_status_fd(options.status_fd);
}

}  // namespace

Status checkpoint(const Context& context, const CriuOptions& options) {
    const ExistingContainer container = TRY(load_locked(context));
    TRY(refuse_peer(container.record, "checkpoint"));
    TRY(check_status(container));
    TRY(check_abilities(options));
    const StoredConfig stored = TRY(stored_config(container));
    const oci::Config& config = stored.config;
    const ImageFolders folders = TRY(open_folders(options, Missing::make));
    TRY(check_parent(options, folders));
    const checkpoint::RpcOptions rpc = TRY(dump_options(container, config, options, folders));
    if (!options.pre_dump) TRY(write_descriptors(container, folders));

    checkpoint::Criu criu = TRY(checkpoint::Criu::start());
    DumpListener listener(options.status_fd);
    const auto type = options.pre_dump ? checkpoint::Type::pre_dump : checkpoint::Type::dump;
    auto dumped = criu.converse(checkpoint::request(type, rpc), &listener);
    if (!dumped) return std::unexpected(with_log(std::move(dumped).error(), criu, folders, kLog));
    if (options.leave_running || options.pre_dump) return {};
    Status destroyed = destroy(context, container);
    if (!destroyed) context.warn(destroyed.error().message());
    return {};
}

}  // namespace crux::container

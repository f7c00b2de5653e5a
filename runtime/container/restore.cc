#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <set>

#include "oci-spec/vocabulary.h"
#include "runtime/base/text.h"
#include "runtime/checkpoint/criu.h"
#include "runtime/checkpoint/lazy_pages.h"
#include "runtime/checkpoint/loopback.h"
#include "runtime/checkpoint/restore_mounts.h"
#include "runtime/container/create.h"
#include "runtime/container/criu_request.h"
#include "runtime/container/foreground.h"
#include "runtime/container/operations.h"
#include "runtime/container/resctrl_class.h"
#include "runtime/container/terminals.h"
#include "runtime/sys/directory.h"
#include "runtime/sys/file.h"
#include "runtime/sys/socket.h"

namespace crux::container {

namespace {

constexpr const char* kLog = "restore.log";
constexpr const char* kRootName = "criu-root";

/// A container that is being restored.
struct Restoring {
    Transaction& host;
    const CriuOptions& criu;
    sys::FdRef console;                 ///< the socket that receives the terminal
    std::array<sys::FdRef, 3> streams;  ///< for descriptors 0 to 2; none: the caller's

    [[nodiscard]] const Bundle& bundle() const { return host.prepared().bundle; }
};

/// A container restored without a time namespace gets one from CRIU.
Status note_time_namespace(oci::ContainerRecord& record) {
    for (const auto& [type, path] : record.namespace_paths)
        if (type == oci::NamespaceType::time) return {};
    const std::string path = cat("/proc/", record.init_process_pid, "/ns/time");
    auto theirs = sys::readlinkat(sys::FdRef::cwd(), path);
    auto ours = sys::readlinkat(sys::FdRef::cwd(), "/proc/self/ns/time");
    if (theirs && ours && *theirs != *ours)
        record.namespace_paths.emplace_back(oci::NamespaceType::time, path);
    return {};
}

std::vector<ExternalPlace> places_of(const Restoring& restoring) {
    const Bundle& bundle = restoring.bundle();
    return external_places(bundle.config, bundle.path, restoring.host.prepared().plan.host.cgroup,
                           restoring.host.context().state_path());
}

/// What is done while CRIU restores.
class RestoreListener : public checkpoint::Listener {
 public:
    explicit RestoreListener(const Restoring& restoring) : restoring_(restoring) {}

    Status hear(const checkpoint::Response& announcement, sys::Fd descriptor) override {
        if (announcement.script == "setup-namespaces") return namespaces_made(announcement.pid);
        if (announcement.script == "orphan-pts-master") return hand_over(descriptor);
        if (announcement.script == "post-restore") return restored(announcement.pid);
        return {};
    }

 private:
    [[nodiscard]] Status namespaces_made(pid_t pid) const {
        const oci::Namespace* network =
            oci::find_namespace(restoring_.bundle().config.linux, oci::NamespaceType::network);
        if (network != nullptr && network->path.empty()) TRY(checkpoint::set_up_loopback(pid));
        return restoring_.host.run_host_hooks(pid);
    }

    [[nodiscard]] Status hand_over(sys::FdRef master) const {
        if (restoring_.console.get() < 0)
            return fail(Error::Kind::usage,
                        "the container has a terminal, and no console socket receives it");
        const std::array<sys::FdRef, 1> descriptors = {master};
        TRY(sys::sendmsg(restoring_.console, "orphan-pts-master", descriptors)
                .during("send the terminal"));
        return {};
    }

    /// All processes exist and none runs yet.
    [[nodiscard]] Status restored(pid_t pid) const {
        const Transaction& host = restoring_.host;
        const sys::Pidfd pidfd = TRY(sys::pidfd_open(pid).during("open the restored init"));
        const sys::Fd root =
            TRY(sys::openat(sys::FdRef::cwd(), cat("/proc/", pid, "/root"), O_PATH | O_DIRECTORY)
                    .during("open the container's root"));
        TRY(check_mounts(root, places_of(restoring_)));
        oci::ContainerRecord record =
            TRY(record_of(host.context(), restoring_.host.prepared(), host.options(), pid, pidfd));
        TRY(note_time_namespace(record));
        return restoring_.host.record(std::move(record));
    }

    const Restoring& restoring_;
};

bool lies_below(std::string_view path, const std::set<std::string_view>& directories) {
    for (std::size_t end = path.find('/'); end != std::string_view::npos;
         end = path.find('/', end + 1))
        if (directories.contains(path.substr(0, end))) return true;
    return false;
}

std::vector<checkpoint::MountPoint> mount_points(const oci::Config& config,
                                                 const std::string& bundle) {
    std::vector<checkpoint::MountPoint> points;
    std::set<std::string_view> on_tmpfs;
    for (const oci::Mount& mount : config.mounts)
        if (mount.type == "tmpfs") on_tmpfs.insert(mount.destination);
    for (const oci::Mount& mount : config.mounts) {
        // Those of cgroups and what lies on a tmpfs come from the images.
        if (mount.type == "cgroup" || lies_below(mount.destination, on_tmpfs)) continue;
        const std::string source =
            mount.source.starts_with('/') ? mount.source : cat(bundle, '/', mount.source);
        points.push_back({mount.destination, mount.is_bind() ? source : std::string()});
    }
    return points;
}

/// Network and pid namespaces that were joined are given as descriptors, the rest by path.
Status add_namespaces(const oci::Config& config, checkpoint::RpcOptions& rpc,
                      std::vector<sys::Fd>& files) {
    for (const oci::Namespace& entry : config.linux.namespaces) {
        if (entry.path.empty()) continue;
        const std::string name(oci::namespace_word(entry.type).proc_name);
        switch (entry.type) {
            case oci::NamespaceType::network:
            case oci::NamespaceType::pid: {
                auto file = sys::openat(sys::FdRef::cwd(), entry.path, O_RDONLY);
                if (!file)
                    return fail(Error::Kind::os, cat("Requested ", name, " namespace ", entry.path,
                                                     " does not exist"));
                rpc.inherited.push_back({namespace_key(name), checkpoint::Criu::kFirstExtra +
                                                                  static_cast<int>(files.size())});
                files.push_back(std::move(*file));
                break;
            }
            case oci::NamespaceType::cgroup:
                return fail(Error::Kind::unsupported,
                            "a cgroup namespace that is joined by path cannot be restored");
            case oci::NamespaceType::mount:
            case oci::NamespaceType::ipc:
            case oci::NamespaceType::uts:
            case oci::NamespaceType::user:
            case oci::NamespaceType::time:
                rpc.joined.push_back({name, entry.path});
                break;
        }
    }
    return {};
}

/// Pipes of the caller take the place of those that the container had for its standard streams.
Status add_descriptors(const ImageFolders& folders, checkpoint::RpcOptions& rpc) {
    const std::string text =
        TRY(sys::read_file(folders.images, kDescriptorsName).during(kDescriptorsName));
    const std::vector<std::string> targets = TRY(oci::read_descriptors(text));
    for (std::size_t i = 0; i < targets.size(); ++i)
        if (targets[i].find("pipe:") != std::string::npos)
            rpc.inherited.push_back({targets[i], static_cast<int>(i)});
    return {};
}

/// The cgroups that CRIU is in now are where those of the images go.
Status add_cgroup_roots(pid_t criu, checkpoint::RpcOptions& rpc) {
    const std::string text =
        TRY(sys::read_file(cat("/proc/", criu, "/cgroup")).during("read criu's cgroups"));
    for (const std::string_view line : split(text, '\n')) {
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first + 1);
        if (first == std::string_view::npos || second == std::string_view::npos) continue;
        for (const std::string_view controller :
             split(line.substr(first + 1, second - first - 1), ','))
            rpc.cgroup_roots.push_back(
                {std::string(controller), std::string(line.substr(second + 1))});
    }
    return {};
}

/// Starts CRIU with the container's root and mount points before it, in mounts of its own; there
/// the folders are opened once more for it, since it mounts in its working directory.
Result<checkpoint::Criu> start_criu(const Restoring& restoring, const std::string& root,
                                    const std::vector<sys::Fd>& files, ImageFolders& folders) {
    const Bundle& bundle = restoring.bundle();
    checkpoint::PrivateMounts mounts = TRY(checkpoint::PrivateMounts::enter());
    TRY(checkpoint::PrivateMounts::show_root(bundle.rootfs, root));
    TRY(checkpoint::PrivateMounts::make_mount_points(bundle.rootfs,
                                                     mount_points(bundle.config, bundle.path)));
    folders = TRY(open_folders(restoring.criu, Missing::fail));
    const std::vector<sys::FdRef> extra(files.begin(), files.end());
    checkpoint::Criu criu =
        TRY(checkpoint::Criu::start(checkpoint::Criu::Streams::ours, extra, restoring.streams));
    TRY(mounts.leave());
    return criu;
}

Result<std::string> make_root(const StateDirectory& state) {
    constexpr mode_t kMode = 0755;
    TRY(sys::mkdirat(state.directory(), kRootName, kMode).during("make criu's root"));
    const sys::Fd folder = TRY(
        sys::openat(state.directory(), kRootName, O_PATH | O_DIRECTORY).during("open criu's root"));
    return sys::readlinkat(sys::FdRef::cwd(), sys::FdPath(folder)).during("find criu's root");
}

checkpoint::RpcOptions restore_options(const Restoring& restoring) {
    const CriuOptions& criu = restoring.criu;
    const Bundle& bundle = restoring.bundle();
    checkpoint::RpcOptions rpc = common_options(criu, bundle.config);
    rpc.log_file = kLog;
    rpc.evasive_devices = true;
    rpc.rst_sibling = true;
    rpc.tcp_close = criu.tcp_close;
    rpc.lsm_profile = criu.lsm_profile;
    rpc.lsm_mount_context = criu.lsm_mount_context;
    for (const ExternalPlace& place : places_of(restoring))
        rpc.mounts.push_back({key_of(place), place.source});
    return rpc;
}

Status check_abilities(const CriuOptions& options) {
    constexpr int kLsmVersion = 31'600;
    const int version = TRY(checkpoint::criu_version());
    if (!options.lsm_profile.empty() && version < kLsmVersion)
        return fail(Error::Kind::unsupported, "--lsm-profile requires at least CRIU 3.16");
    if (!options.lsm_mount_context.empty() && version < kLsmVersion)
        return fail(Error::Kind::unsupported, "--lsm-mount-context requires at least CRIU 3.16");
    return {};
}

/// CRIU's part: the pid of the restored init, which is our child.
Result<pid_t> bring_back(const Restoring& restoring) {
    ImageFolders folders = TRY(open_folders(restoring.criu, Missing::fail));
    checkpoint::RpcOptions rpc = restore_options(restoring);
    std::vector<sys::Fd> files;
    TRY(add_namespaces(restoring.bundle().config, rpc, files));
    TRY(add_descriptors(folders, rpc));
    rpc.root = TRY(make_root(restoring.host.state()));
    checkpoint::Criu criu = TRY(start_criu(restoring, rpc.root, files, folders));
    use_folders(folders, rpc);
    if (cgroup::Group* group = restoring.host.cgroup()) TRY(group->add(criu.pid()));
    const auto& intel_rdt = restoring.bundle().config.linux.intel_rdt;
    if (intel_rdt) TRY(enter_class(*intel_rdt, restoring.host.context().id, criu.pid()));
    TRY(add_cgroup_roots(criu.pid(), rpc));
    if (rpc.lazy_pages) TRY(checkpoint::await_lazy_pages(folders.log()));
    RestoreListener listener(restoring);
    auto answer = criu.converse(checkpoint::request(checkpoint::Type::restore, rpc), &listener);
    if (!answer) return std::unexpected(with_log(std::move(answer).error(), criu, folders, kLog));
    (void)sys::unlinkat(restoring.host.state().directory(), kRootName, AT_REMOVEDIR);
    return answer->pid;
}

/// What only init applies, and CRIU does not restore from the images.
void warn_unrestored(const Context& context, const oci::Config& config) {
    constexpr std::string_view kIgnored = ": is ignored by restore";
    if (!config.linux.net_devices.empty()) context.warn(cat("/linux/netDevices", kIgnored));
    if (!config.hooks.create_container.empty())
        context.warn(cat("/hooks/createContainer", kIgnored));
    if (!config.hooks.start_container.empty()) context.warn(cat("/hooks/startContainer", kIgnored));
}

/// CRIU restores mounts into a mount namespace alone.
Status check_mount_namespace(const plan::HostPart& host) {
    if (host.mounted_root.empty()) return {};
    return std::unexpected(
        Error(Error::Kind::unsupported,
              "the mounts of a container without a mount namespace cannot be restored")
            .at(host.mounted_root_origin));
}

}  // namespace

Result<int> restore(const Context& context, const RestoreOptions& options) {
    Bundle bundle = TRY(read_bundle(options.bundle));
    TRY(check_abilities(options.criu));
    Foreground foreground = TRY(open_foreground(bundle, options));
    Transaction host(context, options);
    TRY(host.begin(std::move(bundle), foreground.terminal.has_value()));
    TRY(check_mount_namespace(host.prepared().plan.host));
    warn_unrestored(context, host.prepared().bundle.config);
    TRY(host.take_resources());
    const sys::SocketFd console = TRY(connect_console(options.console_socket));
    const Restoring restoring{host, options.criu,
                              console ? sys::FdRef(console) : sys::FdRef(foreground.theirs),
                              foreground.ends().streams};
    const pid_t pid = TRY(bring_back(restoring));
    InitProcess init{pid, TRY(sys::pidfd_open(pid).during("open the restored init"))};
    TRY(announce(host, init.pid, init.pidfd));
    const CreatedContainer restored{std::move(host).commit(), std::move(init)};
    if (options.detach) return 0;
    restored.container.state.unlock();
    TRY(foreground.take_over());
    std::optional<NotifyProxy> notify = TRY(NotifyProxy::open(restored.container.state));
    return stay(context, restored, foreground, notify ? &*notify : nullptr, Keep::no);
}

}  // namespace crux::container

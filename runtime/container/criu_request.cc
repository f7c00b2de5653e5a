#include "runtime/container/criu_request.h"

#include "runtime/container/checkpoint.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/container/notify_socket.h"
#include "runtime/seccomp/sha256.h"
#include "runtime/sys/directory.h"
#include "runtime/sys/file.h"

namespace crux::container {

namespace {

constexpr mode_t kFolderMode = 0700;

Result<sys::Fd> open_folder(const std::string& path, Missing missing) {
    for (std::size_t end = 1; missing == Missing::make && end != std::string::npos;) {
        end = path.find('/', end + 1);
        auto made = sys::mkdirat(sys::FdRef::cwd(), path.substr(0, end), kFolderMode);
        if (!made && made.error().value != EEXIST)
            return std::unexpected(Error(made.error()).during(path.substr(0, end)));
    }
    return sys::openat(sys::FdRef::cwd(), path, O_RDONLY | O_DIRECTORY).during(path);
}

/// A container can name a configuration file for CRIU, or with "" that there is to be none.
std::string config_file(const oci::Config& config) {
    for (const auto& [key, value] : config.annotations)
        if (key == "org.criu.config") return value;
    return "/etc/criu/runc.conf";
}

bool has_own_cgroup_view(const oci::Config& config) {
    return oci::find_namespace(config.linux, oci::NamespaceType::cgroup) != nullptr;
}

std::string absolute_in(const std::string& folder, const std::string& path) {
    return path.starts_with('/') ? path : cat(folder, '/', path);
}

/// Without a namespace of its own a container of v1 sees its cgroups by bind mounts.
void add_cgroup_binds(const oci::Mount& mount, const std::vector<cgroup::CgroupDir>& places,
                      std::vector<ExternalPlace>& external) {
    for (const cgroup::CgroupDir& place : places)
        external.push_back({.destination = cat(mount.destination, place.mountpoint.substr(
                                                                      place.mountpoint.rfind('/'))),
                            .source = place.directory(),
                            .kind = ExternalPlace::Kind::maybe});
}

bool is_null_device(const struct ::stat& status) {
    return S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
}

/// CRIU writes a mount as mnt[PATH]:KEY.
bool is_plain(std::string_view path) {
    return std::ranges::none_of(path, [](char one) {
        const bool is_control = static_cast<unsigned char>(one) < ' ';
        return one == '[' || one == ']' || one == ':' || is_control;
    });
}

/// Whether what is at the place is what should be.
Result<bool> is_there(const ExternalPlace& place, const struct ::stat& found) {
    if (place.kind == ExternalPlace::Kind::mask) return is_null_device(found);
    auto source = sys::fstatat(sys::FdRef::cwd(), place.source);
    if (!source && place.kind == ExternalPlace::Kind::maybe) return false;
    const struct ::stat wanted = TRY(std::move(source).during(place.source));
    const bool same = wanted.st_dev == found.st_dev && wanted.st_ino == found.st_ino;
    if (same || place.kind == ExternalPlace::Kind::maybe) return same;
    return fail(Error::Kind::state,
                cat("mount ", place.destination, ": what is there is not ", place.source,
                    ": one of them was moved, covered or replaced"));
}

}  // namespace

Result<checkpoint::ManageCgroups> cgroup_mode_of(std::string_view word) {
    using checkpoint::ManageCgroups;

    if (word.empty()) return ManageCgroups::standard;
    if (word == "soft") return ManageCgroups::soft;
    if (word == "full") return ManageCgroups::full;
    if (word == "strict") return ManageCgroups::strict;
    if (word == "ignore") return ManageCgroups::ignore;
    return fail(Error::Kind::usage, "invalid manage-cgroups-mode value");
}

Result<ImageFolders> open_folders(const CriuOptions& options, Missing images) {
    ImageFolders folders;
    folders.images = TRY(open_folder(options.image_path, images));
    if (!options.work_path.empty())
        folders.work = TRY(open_folder(options.work_path, Missing::make));
    return folders;
}

void use_folders(const ImageFolders& folders, checkpoint::RpcOptions& rpc) {
    rpc.images_dir_fd = folders.images.get();
    rpc.work_dir_fd = folders.work.get();
}

checkpoint::RpcOptions common_options(const CriuOptions& options, const oci::Config& config) {
    checkpoint::RpcOptions rpc;
    rpc.ext_unix_sk = options.ext_unix_sk;
    rpc.tcp_established = options.tcp_established;
    rpc.shell_job = options.shell_job;
    rpc.file_locks = options.file_locks;
    rpc.auto_dedup = options.auto_dedup;
    rpc.lazy_pages = options.lazy_pages;
    rpc.cgroup_mode = options.cgroup_mode;
    rpc.config_file = config_file(config);
    // Whoever gives a container its network does so again.
    rpc.empty_namespaces = CLONE_NEWNET;
    return rpc;
}

std::vector<ExternalPlace> external_places(const oci::Config& config, const std::string& bundle,
                                           const std::vector<cgroup::CgroupDir>& places,
                                           const std::string& state) {
    std::vector<ExternalPlace> external;
    using Kind = ExternalPlace::Kind;
    for (const oci::Mount& mount : config.mounts) {
        const bool read_only =
            ((mount.parsed.attributes.set | mount.parsed.recursive_attributes.set) &
             MOUNT_ATTR_RDONLY) != 0;
        if (mount.is_bind())
            external.push_back(
                {mount.destination, absolute_in(bundle, mount.source), Kind::mount, read_only});
        else if (mount.type == "cgroup" && !has_own_cgroup_view(config))
            add_cgroup_binds(mount, places, external);
    }
    external.push_back({kNotifyPlace, cat(state, '/', kNotifyFolder), Kind::maybe});
    // Those of a user namespace are bound from the host.
    for (const char* device :
         {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"})
        external.push_back({device, device, Kind::maybe});
    for (const oci::Device& device : config.linux.devices)
        external.push_back({device.path, device.path, Kind::maybe});
    for (const std::string& path : config.linux.masked_paths)
        external.push_back({path, "/dev/null", Kind::mask});
    return external;
}

std::string key_of(const ExternalPlace& place) {
    if (place.kind == ExternalPlace::Kind::mask) return "null";
    constexpr std::size_t kLength = 32;
    seccomp::Sha256 digest;
    digest.update(place.destination);
    return cat('m', seccomp::hex(digest.finish()).substr(0, kLength));
}

Result<std::string> mount_point_of(sys::FdRef root, const ExternalPlace& place) {
    auto opened =
        sys::openat2(root, place.destination, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
    // Any other error does not say that it is missing.
    const bool is_missing =
        !opened && (opened.error().value == ENOENT || opened.error().value == ENOTDIR ||
                    opened.error().value == ELOOP);
    if (is_missing && place.kind != ExternalPlace::Kind::mount) return std::string();
    const std::string what = cat("mount ", place.destination);
    const sys::Fd here = TRY(std::move(opened).during(what));
    const struct ::stat found = TRY(sys::fstat(here).during(what));
    if (!TRY(is_there(place, found))) return std::string();
    std::string path = TRY(sys::readlinkat(sys::FdRef::cwd(), sys::FdPath(here)).during(what));
    if (is_plain(path)) return path;
    return fail(Error::Kind::unsupported,
                cat(what, " is at ", quoted(path), ", which criu would misread"));
}

Result<std::vector<checkpoint::ExternalMount>> mounts_to_leave(
    sys::FdRef root, const std::vector<ExternalPlace>& places) {
    std::vector<checkpoint::ExternalMount> mounts;
    for (const ExternalPlace& place : places) {
        const std::string point = TRY(mount_point_of(root, place));
        if (point.empty()) continue;
        const std::string key = key_of(place);
        const auto same = std::ranges::find(mounts, point, &checkpoint::ExternalMount::key);
        if (same == mounts.end())
            mounts.push_back({point, key});
        else if (same->value != key)
            return fail(Error::Kind::unsupported,
                        cat("mount ", place.destination, " is where another one is (", point,
                            "): criu would take one for the other"));
    }
    return mounts;
}

Status check_mounts(sys::FdRef root, const std::vector<ExternalPlace>& places) {
    for (const ExternalPlace& place : places) {
        if (place.kind != ExternalPlace::Kind::mount) continue;
        TRY(mount_point_of(root, place));
        if (!place.read_only) continue;
        const sys::Fd here = TRY(
            sys::openat2(root, place.destination, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
                .during(place.destination));
        const struct ::statfs status = TRY(sys::fstatfs(here).during(place.destination));
        if ((status.f_flags & ST_RDONLY) == 0)
            return fail(Error::Kind::spec,
                        cat("mount ", place.destination, " is not read-only in the images"));
    }
    return {};
}

std::string namespace_key(std::string_view proc_name) {
    std::string name(proc_name);
    name[0] = static_cast<char>(name[0] - 'a' + 'A');
    return cat("extRoot", name, "NS");
}

Error with_log(Error error, const checkpoint::Criu& criu, const ImageFolders& folders,
               const std::string& log_file) {
    constexpr std::size_t kMost = std::size_t{256} << 20U;
    const auto log = sys::read_file(folders.log(), log_file, kMost);
    const std::string said = log ? checkpoint::errors_of(*log) : std::string();
    if (!said.empty()) return {error.kind(), cat(error.text(), ": ", said, " (", log_file, ')')};
    if (criu.complaint().empty()) return error;
    return {error.kind(), cat(error.text(), ": ", criu.complaint())};
}

}  // namespace crux::container

#pragma once

#include <span>
#include <string>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"

namespace crux::checkpoint {

/// A mount point of a container that is about to be restored.
struct MountPoint {
    std::string destination;
    std::string source;  ///< for a bind mount, absolute; else empty
};

/// A private mount namespace, in which a CRIU started meanwhile stays, so that the mounts it needs
/// are never visible on the host or left there. The destructor returns to the old namespace and
/// working directory.
class PrivateMounts {
 public:
    /// Enters a new namespace, whose mounts do not propagate to the host.
    static Result<PrivateMounts> enter();
    PrivateMounts(PrivateMounts&& other) noexcept
        : before_(std::move(other.before_)), folder_(std::move(other.folder_)) {}
    PrivateMounts& operator=(PrivateMounts&&) = delete;
    PrivateMounts(const PrivateMounts&) = delete;
    PrivateMounts& operator=(const PrivateMounts&) = delete;
    ~PrivateMounts() { (void)leave(); }

    /// Bind-mounts the root filesystem on a directory: CRIU requires a mount point.
    static Status show_root(const std::string& rootfs, const std::string& folder);
    /// Makes the missing mount points in the root filesystem, also those below bind mounts.
    static Status make_mount_points(const std::string& rootfs, std::span<const MountPoint> mounts);
    /// Returns to the host's mount namespace.
    Status leave();

 private:
    PrivateMounts(sys::NamespaceFd before, sys::Fd folder)
        : before_(std::move(before)), folder_(std::move(folder)) {}

    sys::NamespaceFd before_;
    sys::Fd folder_;
};

/// Opens a path of the container below its root as a mount point, and makes it (directories 0755, a
/// file 0644) if it is missing. Symbolic links are resolved inside the root.
Result<sys::Fd> make_mount_point(sys::FdRef root, const std::string& path, bool directory);

}  // namespace crux::checkpoint

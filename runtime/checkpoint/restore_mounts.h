#pragma once

#include <span>
#include <string>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"

namespace crux::checkpoint {

/// A mount of a container that is about to be restored.
struct MountPoint {
    std::string destination;
    std::string source;  ///< of a bind mount, absolute; empty for every other
};

/// A mount namespace of our own that a CRIU started meanwhile stays in, so that nothing it needs is
/// ever seen on the host or left there. We are back in the namespace and working directory that we
/// were in when this goes.
class PrivateMounts {
 public:
    /// Enters it: no mount reaches the host from there.
    static Result<PrivateMounts> enter();
    PrivateMounts(PrivateMounts&& other) noexcept
        : before_(std::move(other.before_)), folder_(std::move(other.folder_)) {}
    PrivateMounts& operator=(PrivateMounts&&) = delete;
    PrivateMounts(const PrivateMounts&) = delete;
    PrivateMounts& operator=(const PrivateMounts&) = delete;
    ~PrivateMounts() { (void)leave(); }

    /// Shows the root file system at a folder, as CRIU wants it: a mount point.
    static Status show_root(const std::string& rootfs, const std::string& folder);
    /// Makes the mount points that the root file system lacks, those inside of bind mounts too.
    static Status make_mount_points(const std::string& rootfs, std::span<const MountPoint> mounts);
    /// Returns to the host's mounts.
    Status leave();

 private:
    PrivateMounts(sys::NamespaceFd before, sys::Fd folder)
        : before_(std::move(before)), folder_(std::move(folder)) {}

    sys::NamespaceFd before_;
    sys::Fd folder_;
};

/// Opens a path of the container below its root as a mount point, and makes it (folders 0755, a
/// file 0644) where it is missing. Links are followed as inside of the root.
Result<sys::Fd> make_mount_point(sys::FdRef root, const std::string& path, bool directory);

}  // namespace crux::checkpoint

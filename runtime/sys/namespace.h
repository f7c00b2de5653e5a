#pragma once

#include <sys/types.h>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"
#include "runtime/sys/zstring.h"

namespace crux::sys {

/// The namespace of a process, by its name under /proc/PID/ns ("mnt", "pid_for_children", …).
Result<NamespaceFd, Errno> open_namespace(pid_t pid, ZString name) noexcept;
/// The namespace of this process.
Result<NamespaceFd, Errno> open_own_namespace(ZString name) noexcept;
/// A namespace by its path (/proc/PID/ns/net, or a bind mount of it). EINVAL if the path is not a
/// namespace of the type CLONE_NEW*.
Result<NamespaceFd, Errno> open_namespace_at(ZString path, int type) noexcept;
/// ioctl(NS_GET_NSTYPE) (4.11): the CLONE_NEW* of the namespace; ENOTTY if it is not a namespace.
Result<int, Errno> namespace_type(FdRef descriptor) noexcept;

}  // namespace crux::sys

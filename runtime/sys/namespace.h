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
/// A namespace by a path that holds it (/proc/PID/ns/net, a bind mount of one). EINVAL when the
/// path is something else, or a namespace of another type than the CLONE_NEW* given.
Result<NamespaceFd, Errno> open_namespace_at(ZString path, int type) noexcept;
/// ioctl(NS_GET_NSTYPE) (4.11): the CLONE_NEW* of the namespace; ENOTTY when it is none.
Result<int, Errno> namespace_type(FdRef descriptor) noexcept;

}  // namespace crux::sys

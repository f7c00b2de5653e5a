#include "runtime/sys/namespace.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>

#include "runtime/base/text.h"
#include "runtime/sys/checked.h"
#include "runtime/sys/file.h"

namespace crux::sys {

namespace {

Result<NamespaceFd, Errno> open_read_only(ZString path) noexcept {
    // Non-blocking, so that the open of a FIFO at this path does not block.
    Fd file = TRY(openat(FdRef::cwd(), path, O_RDONLY | O_NONBLOCK));
    return NamespaceFd(std::move(file).release());
}

}  // namespace

Result<NamespaceFd, Errno> open_namespace(pid_t pid, ZString name) noexcept {
    std::string path = cat("/proc/", pid, "/ns/", name.c_str());
    return open_read_only(path);
}

Result<NamespaceFd, Errno> open_own_namespace(ZString name) noexcept {
    std::string path = cat("/proc/self/ns/", name.c_str());
    return open_read_only(path);
}

Result<NamespaceFd, Errno> open_namespace_at(ZString path, int type) noexcept {
    NamespaceFd file = TRY(open_read_only(path));
    auto found = namespace_type(file);
    if (!found || *found != type) return std::unexpected(Errno{"open namespace", EINVAL});
    return file;
}

Result<int, Errno> namespace_type(FdRef descriptor) noexcept {
    return detail::checked("get namespace type",
                           [&] { return ::ioctl(descriptor.get(), NS_GET_NSTYPE); });
}

}  // namespace crux::sys

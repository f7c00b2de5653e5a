#include "runtime/container/helper.h"

#include <fcntl.h>
#include <unistd.h>

#include "runtime/base/text.h"
#include "runtime/sys/directory.h"
#include "runtime/sys/file.h"

namespace crux::container {

Result<std::string> helper_program(std::string_view name) {
    const std::string own =
        TRY(sys::readlinkat(sys::FdRef::cwd(), "/proc/self/exe").during("/proc/self/exe"));
    const std::string folder = own.substr(0, own.rfind('/'));
    const std::string installed = cat(folder, "/../libexec/crux/", name);
    for (const std::string& path : {installed, cat(folder, '/', name)})
        if (sys::faccessat(sys::FdRef::cwd(), path, X_OK)) return path;
    return fail(Error::Kind::unsupported,
                cat("the helper program ", installed, " is not installed"));
}

}  // namespace crux::container

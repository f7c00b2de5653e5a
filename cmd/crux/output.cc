#include "cmd/crux/output.h"

#include <unistd.h>

#include <cerrno>

#include "runtime/base/text.h"

namespace crux::cmd {

Status write_all(int file, std::string_view name, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(file, text.data(), text.size());
        if (written >= 0)
            text.remove_prefix(static_cast<std::size_t>(written));
        else if (errno != EINTR)
            return fail(Error::Kind::os, cat("write ", name, ": ", errno_words(errno)));
    }
    return {};
}

Status print(std::string_view text) {
    return write_all(STDOUT_FILENO, "/dev/stdout", text);
}

}  // namespace crux::cmd

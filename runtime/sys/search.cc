#include "runtime/sys/search.h"

#include <unistd.h>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"

namespace crux::sys {

std::optional<std::string> find_program(std::string_view path, std::string_view name) {
    for (const std::string_view folder : split(path, ':')) {
        if (!folder.starts_with('/')) continue;
        std::string program = cat(folder, '/', name);
        if (faccessat(FdRef::cwd(), program, X_OK)) return program;
    }
    return std::nullopt;
}

}  // namespace crux::sys

#include <fcntl.h>

#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/group.h"

namespace crux::cgroup {

namespace {

/// For kernels without the list (config-linux.md, Cgroup ownership).
constexpr std::string_view kDelegated =
    "cgroup.procs\n"
    "cgroup.subtree_control\n"
    "cgroup.threads\n";

constexpr gid_t kUnchanged = static_cast<gid_t>(-1);

}  // namespace

Status Group::give_to(uid_t owner) {
    int found = unified_dir(dirs_);
    // Delegation of v1 is not safe, and on a hybrid host the unified part alone has no controllers.
    if (found < 0 || dirs_.size() != 1) return {};
    TRY(hold_unified());
    std::string directory = path(static_cast<std::uint32_t>(found));
    TRY(sys::fchownat(unified_, "", owner, kUnchanged, AT_EMPTY_PATH).during(directory));
    auto listed = sys::read_file("/sys/kernel/cgroup/delegate");
    std::string files = listed ? std::move(*listed) : std::string(kDelegated);
    for (std::string_view line : split(files, '\n')) {
        std::string file(trimmed(line));
        if (file.empty()) continue;
        auto given = sys::fchownat(unified_, file, owner, kUnchanged, AT_SYMLINK_NOFOLLOW);
        // The list includes files that not every cgroup has.
        if (!given && given.error().value != ENOENT)
            return std::unexpected(Error(given.error()).during(cat(directory, "/", file)));
    }
    return {};
}

}  // namespace crux::cgroup

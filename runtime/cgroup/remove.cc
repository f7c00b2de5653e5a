#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/group.h"
#include "runtime/sys/directory.h"

namespace crux::cgroup {

namespace {

constexpr int kOpen = O_RDONLY | O_DIRECTORY;
/// How long to wait for a directory that only processes about to vanish can keep.
constexpr int kPatienceMs = 1000;
/// How long to remove what somebody else makes anew all the time.
constexpr int kLongestMs = 60'000;

/// One rmdir(2): whether the directory is gone now.
Result<bool, Errno> remove_one(sys::FdRef parent, const std::string& name) {
    auto removed = sys::unlinkat(parent, name, AT_REMOVEDIR);
    if (removed || removed.error().value == ENOENT) return true;
    if (removed.error().value == EBUSY || removed.error().value == ENOTEMPTY) return false;
    // A read-only mount answers EROFS to a name that does not exist, too.
    if (removed.error().value == EROFS) {
        auto found = sys::fstatat(parent, name, AT_SYMLINK_NOFOLLOW);
        if (!found && found.error().value == ENOENT) return true;
    }
    return std::unexpected(removed.error());
}

Result<std::vector<std::string>, Errno> children(sys::FdRef directory) {
    std::vector<std::string> names;
    TRY(sys::for_each_entry(directory, [&](sys::Entry entry) {
        if (entry.type == DT_DIR) names.emplace_back(entry.name);
    }));
    return names;
}

/// Removes the cgroups below the directory that have none below themselves; the name of one that
/// stays, or nothing.
Result<std::string, Errno> thin_out(sys::FdRef directory) {
    std::string stays;
    for (const std::string& name : TRY(children(directory))) {
        bool gone = TRY(remove_one(directory, name));
        if (!gone) stays = name;
    }
    return stays;
}

/// Removes all cgroups below the directory, however deep the container has built: it walks down and
/// up with one descriptor. False when something stayed busy.
Result<bool, Errno> remove_below(sys::Fd directory) {
    Deadline patience(kPatienceMs);
    Deadline longest(kLongestMs);
    std::size_t depth = 0;
    while (longest.left_ms() > 0) {
        std::string stays = TRY(thin_out(directory));
        if (stays.empty()) {
            if (depth == 0) return true;
            directory = TRY(sys::openat(directory, "..", kOpen));
            --depth;
            continue;
        }
        auto opened = sys::openat(directory, stays, kOpen);
        if (!opened && is_gone(opened.error())) continue;
        sys::Fd child = TRY(std::move(opened));
        std::vector<std::string> below = TRY(children(child));
        if (below.empty()) {
            if (!patience.sleep()) return false;
        } else {
            directory = std::move(child);
            ++depth;
        }
        // Listing has used up the offset of either.
        directory = TRY(sys::openat(directory, ".", kOpen));
    }
    return false;
}

Result<bool, Errno> remove_tree(sys::FdRef base, const std::string& name) {
    // The usual case: one call, and nothing below.
    bool gone = TRY(remove_one(base, name));
    if (gone) return true;
    auto opened = sys::openat(base, name, kOpen);
    if (!opened && is_gone(opened.error())) return true;
    sys::Fd directory = TRY(std::move(opened));
    bool thinned = TRY(remove_below(std::move(directory)));
    if (!thinned) return false;
    Deadline patience(kPatienceMs);
    do {
        gone = TRY(remove_one(base, name));
    } while (!gone && patience.sleep());
    return gone;
}

}  // namespace

Status Group::remove(std::span<const std::string> ancestors) const {
    Status first;
    for (std::uint32_t i = static_cast<std::uint32_t>(places_.size()); i-- > 0;) {
        auto gone = remove_tree(base_, names_[i]);
        // One that stays must not keep the others.
        if (gone && *gone) continue;
        Errno error = gone ? Errno{"rmdir", EBUSY} : gone.error();
        if (first) first = std::unexpected(Error(error).during(cat("remove cgroup ", path(i))));
    }
    // Others may have moved in meanwhile, and then they stay.
    for (std::size_t i = ancestors.size(); i-- > 0;)
        (void)sys::unlinkat(sys::FdRef::cwd(), ancestors[i], AT_REMOVEDIR);
    return first;
}

void Group::remove_made() const {
    for (std::size_t i = places_.size(); i-- > 0;)
        if (is_new_[i]) (void)sys::unlinkat(base_, names_[i], AT_REMOVEDIR);
    for (std::size_t i = ancestors_.size(); i-- > 0;)
        (void)sys::unlinkat(sys::FdRef::cwd(), ancestors_[i], AT_REMOVEDIR);
}

}  // namespace crux::cgroup

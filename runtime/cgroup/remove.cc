#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/group.h"
#include "runtime/sys/directory.h"

namespace crux::cgroup {

namespace {

constexpr int kOpen = O_RDONLY | O_DIRECTORY;
/// How long to wait for a directory that only exiting processes can keep busy.
constexpr int kPatienceMs = 1000;
/// How long to remove cgroups that another process keeps making.
constexpr int kLongestMs = 60'000;

/// One rmdir(2): whether the directory no longer exists.
Result<bool, Errno> remove_one(sys::FdRef parent, const std::string& name) {
    auto removed = sys::unlinkat(parent, name, AT_REMOVEDIR);
    if (removed || removed.error().value == ENOENT) return true;
    if (removed.error().value == EBUSY || removed.error().value == ENOTEMPTY) return false;
    // On a read-only mount also a missing name fails with EROFS.
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

/// What remains to be removed in one directory, and whether its last entry was already searched.
struct Level {
    std::vector<std::string> names;
    bool looked = false;
};

/// Removes all cgroups below the directory, at any depth: it walks down and up with one descriptor.
/// False if a cgroup stayed busy.
Result<bool, Errno> remove_below(sys::Fd directory, Deadline& patience) {
    Deadline longest(kLongestMs);
    std::vector<Level> levels;
    levels.push_back({.names = TRY(children(directory))});
    while (longest.left_ms() > 0) {
        Level& level = levels.back();
        if (level.names.empty()) {
            levels.pop_back();
            if (levels.empty()) return true;
            directory = TRY(sys::openat(directory, "..", kOpen));
            continue;
        }
        bool gone = TRY(remove_one(directory, level.names.back()));
        if (gone) {
            level.names.pop_back();
            level.looked = false;
            continue;
        }
        // Emptied, and still busy: because of processes or new cgroups.
        if (level.looked && !patience.sleep()) return false;
        level.looked = true;
        auto below = sys::openat(directory, level.names.back(), kOpen);
        if (!below && is_gone(below.error())) continue;
        directory = TRY(std::move(below));
        levels.push_back({.names = TRY(children(directory))});
    }
    return false;
}

Result<bool, Errno> remove_tree(sys::FdRef base, const std::string& name, Deadline& patience) {
    // The usual case: one call, and no cgroups below.
    bool gone = TRY(remove_one(base, name));
    if (gone) return true;
    auto opened = sys::openat(base, name, kOpen);
    if (!opened && is_gone(opened.error())) return true;
    sys::Fd directory = TRY(std::move(opened));
    bool emptied = TRY(remove_below(std::move(directory), patience));
    if (!emptied) return false;
    do {
        gone = TRY(remove_one(base, name));
    } while (!gone && patience.sleep());
    return gone;
}

}  // namespace

Status Group::remove(std::span<const std::string> ancestors) const {
    Status first;
    Deadline patience(kPatienceMs);
    for (auto i = static_cast<std::uint32_t>(dirs_.size()); i-- > 0;) {
        auto gone = remove_tree(base_, names_[i], patience);
        // A directory that cannot be removed must not keep the others.
        if (gone && *gone) continue;
        Errno error = gone ? Errno{"rmdir", EBUSY} : gone.error();
        if (first) first = std::unexpected(Error(error).during(cat("remove cgroup ", path(i))));
    }
    remove_ancestors(ancestors);
    return first;
}

void Group::remove_empty(std::span<const std::string> ancestors) const {
    for (std::size_t i = dirs_.size(); i-- > 0;) (void)remove_one(base_, names_[i]);
    remove_ancestors(ancestors);
}

Status Group::destroy(std::span<const std::string> ancestors, int timeout_ms) const {
    bool all_gone = true;
    for (std::size_t i = dirs_.size(); i-- > 0;)
        all_gone = remove_one(base_, names_[i]).value_or(false) && all_gone;
    // A directory with processes cannot be removed, so none are left.
    if (!all_gone) TRY(kill_all(timeout_ms));
    if (!all_gone) return remove(ancestors);
    remove_ancestors(ancestors);
    return {};
}

void Group::remove_ancestors(std::span<const std::string> ancestors) {
    // Other processes may have moved in meanwhile; the ancestors stay then.
    for (std::size_t i = ancestors.size(); i-- > 0;)
        (void)sys::unlinkat(sys::FdRef::cwd(), ancestors[i], AT_REMOVEDIR);
}

void Group::remove_made() const {
    for (std::size_t i = dirs_.size(); i-- > 0;)
        if (is_new_[i]) (void)sys::unlinkat(base_, names_[i], AT_REMOVEDIR);
    remove_ancestors(ancestors_);
}

}  // namespace crux::cgroup

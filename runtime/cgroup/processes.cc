#include <algorithm>
#include <cerrno>
#include <optional>

#include "runtime/base/text.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/group.h"
#include "runtime/sys/directory.h"

namespace crux::cgroup {

namespace {

/// Cgroups deeper than this are not searched; removal has no such limit.
constexpr int kDeepest = 128;

/// The pids of one cgroup.
Status collect_pids(sys::FdRef base, const std::string& name, std::vector<pid_t>& pids) {
    auto text = read_list(base, name + "/cgroup.procs");
    // A cgroup in thread mode lists threads only (cgroups(7)).
    if (!text && text.error().value == EOPNOTSUPP) text = read_list(base, name + "/cgroup.threads");
    if (!text && is_gone(text.error())) return {};
    std::string lines = TRY(std::move(text).during(name + "/cgroup.procs"));
    const std::vector<pid_t> found = parse_pids(lines);
    pids.insert(pids.end(), found.begin(), found.end());
    return {};
}

/// Whether the directory may have cgroups below it. cgroupfs counts them as links; a filesystem
/// that does not count them has a link count of 1.
bool may_have_children(sys::FdRef base, const std::string& name) {
    constexpr nlink_t kNone = 2;
    auto found = sys::fstatat(base, name);
    // Unknown: those below must not be missed.
    return !found || found->st_nlink != kNone;
}

Status collect_tree(sys::FdRef base, const std::string& name, std::vector<pid_t>& pids, int depth) {
    TRY(collect_pids(base, name, pids));
    if (depth == kDeepest || !may_have_children(base, name)) return {};
    auto opened = sys::openat(base, name, O_RDONLY | O_DIRECTORY);
    if (!opened && is_gone(opened.error())) return {};
    sys::Fd directory = TRY(std::move(opened).during(name));
    std::vector<std::string> below;
    auto listed = sys::for_each_entry(directory, [&](sys::Entry entry) {
        if (entry.type == DT_DIR) below.emplace_back(entry.name);
    });
    if (!listed && !is_gone(listed.error()))
        return std::unexpected(Error(listed.error()).during(name));
    for (const std::string& child : below) TRY(collect_tree(directory, child, pids, depth + 1));
    return {};
}

void sort_out(std::vector<pid_t>& pids) {
    std::ranges::sort(pids);
    pids.erase(std::ranges::unique(pids).begin(), pids.end());
}

}  // namespace

Result<std::vector<pid_t>> Group::processes_in(std::span<const std::uint32_t> dirs) const {
    std::vector<pid_t> pids;
    for (std::uint32_t dir : dirs) TRY(collect_tree(base_, names_[dir], pids, 0).during(above_));
    sort_out(pids);
    return pids;
}

Result<std::vector<pid_t>> Group::processes() const {
    // In every hierarchy: a runtime that was killed may have left a process in only some of them.
    std::vector<std::uint32_t> all;
    all.reserve(dirs_.size());
    for (std::uint32_t i = 0; i < dirs_.size(); ++i) all.push_back(i);
    return processes_in(all);
}

Result<sys::Fd> Group::open_elsewhere(std::string_view path, pid_t pid) const {
    const auto index = static_cast<std::uint32_t>(unified_dir(dirs_));
    std::string_view top = names_[index];
    top.remove_suffix(dirs_[index].path.size());
    const std::string directory = cat(top, path);
    // If the mount does not show the top of our cgroup namespace, the path is wrong or does not
    // exist.
    std::vector<pid_t> pids;
    if (!path.starts_with("/../")) TRY(collect_pids(base_, directory, pids));
    if (std::ranges::find(pids, pid) == pids.end())
        return fail(Error::Kind::state, cat("cgroup ", path, " of process ", pid, " is not in ",
                                            dirs_[index].mountpoint));
    return sys::openat(base_, directory, O_PATH | O_DIRECTORY).during(above_ + directory);
}

Result<sys::Fd> Group::open_unified_of(pid_t pid) const {
    int dir = unified_dir(dirs_);
    if (dir < 0) return fail(Error::Kind::unsupported, "no unified cgroup hierarchy");
    auto index = static_cast<std::uint32_t>(dir);
    std::string file = cat("/proc/", pid, "/cgroup");
    std::string lines = TRY(sys::read_file(file).during(file));
    const std::optional<std::string_view> path = unified_path(lines);
    if (!path)
        return fail(Error::Kind::state,
                    cat("process ", pid, " is not in a cgroup of the unified hierarchy"));
    // The path in the file is relative to the top of our cgroup namespace and that of the
    // directory to the mount point, so the container's own path is searched for in it.
    std::string_view own = dirs_[index].path;
    std::string inside = cat(*path, "/");
    std::size_t found = inside.find(cat(own, "/"));
    if (found == std::string_view::npos) return open_elsewhere(inside, pid);
    std::string below = name(index) + inside.substr(found + own.size());
    return sys::openat(base_, below, O_PATH | O_DIRECTORY).during(above_ + below);
}

Result<bool> Group::populated() const {
    if (dirs_.size() != 1 || dirs_[0].version != 2) {
        std::vector<pid_t> pids = TRY(processes());
        return !pids.empty();
    }
    auto text = read_value(base_, name(0, "cgroup.events"));
    if (!text && is_gone(text.error())) return false;
    std::string lines = TRY(std::move(text).during(path(0, "cgroup.events")));
    return value_of_key(lines, "populated").value_or(0) != 0;
}

}  // namespace crux::cgroup

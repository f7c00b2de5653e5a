#include <algorithm>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/group.h"
#include "runtime/sys/directory.h"

namespace crux::cgroup {

namespace {

/// Deeper cgroups than this are found by nobody; removing has no such bound.
constexpr int kDeepest = 128;

Status collect_pids(sys::FdRef directory, std::vector<pid_t>& pids) {
    auto text = sys::read_file(directory, "cgroup.procs");
    // A cgroup in thread mode lists threads only (cgroups(7)).
    if (!text && text.error().value == EOPNOTSUPP)
        text = sys::read_file(directory, "cgroup.threads");
    if (!text && is_gone(text.error())) return {};
    std::string lines = TRY(std::move(text).during("cgroup.procs"));
    for (std::string_view line : split(lines, '\n')) {
        // 0 is a process outside of our pid namespace: nothing that could be named, and as a target
        // of kill(2) our own group.
        pid_t pid = to_number<pid_t>(line).value_or(0);
        if (pid > 0) pids.push_back(pid);
    }
    return {};
}

Status collect_tree(sys::FdRef directory, std::vector<pid_t>& pids, int depth) {
    TRY(collect_pids(directory, pids));
    if (depth == kDeepest) return {};
    std::vector<std::string> below;
    auto listed = sys::for_each_entry(directory, [&](sys::Entry entry) {
        if (entry.type == DT_DIR) below.emplace_back(entry.name);
    });
    if (!listed && !is_gone(listed.error())) return std::unexpected(Error(listed.error()));
    for (const std::string& name : below) {
        auto child = sys::openat(directory, name, O_RDONLY | O_DIRECTORY);
        if (!child && is_gone(child.error())) continue;
        sys::Fd opened = TRY(std::move(child).during(name));
        TRY(collect_tree(opened, pids, depth + 1).during(name));
    }
    return {};
}

}  // namespace

Result<std::vector<pid_t>> Group::processes_in(std::uint32_t place) const {
    std::vector<pid_t> pids;
    auto directory = sys::openat(base_, names_[place], O_RDONLY | O_DIRECTORY);
    if (!directory && is_gone(directory.error())) return pids;
    sys::Fd opened = TRY(std::move(directory).during(path(place)));
    TRY(collect_tree(opened, pids, 0).during(path(place)));
    return pids;
}

Result<std::vector<pid_t>> Group::processes() const {
    std::vector<pid_t> pids;
    // One v1 hierarchy speaks for all of v1: only the runtime moves processes there.
    int v1 = find_place(places_, "devices", "");
    if (v1 < 0 && !places_.empty() && places_[0].version == 1) v1 = 0;
    for (int place : {v1, unified_place(places_)}) {
        if (place < 0) continue;
        std::vector<pid_t> here = TRY(processes_in(static_cast<std::uint32_t>(place)));
        pids.insert(pids.end(), here.begin(), here.end());
    }
    std::ranges::sort(pids);
    pids.erase(std::ranges::unique(pids).begin(), pids.end());
    return pids;
}

Result<bool> Group::populated() const {
    if (places_.size() != 1 || places_[0].version != 2) {
        std::vector<pid_t> pids = TRY(processes());
        return !pids.empty();
    }
    auto text = read_value(base_, name(0, "cgroup.events"));
    if (!text && is_gone(text.error())) return false;
    std::string lines = TRY(std::move(text).during(path(0, "cgroup.events")));
    return value_of_key(lines, "populated").value_or(0) != 0;
}

}  // namespace crux::cgroup

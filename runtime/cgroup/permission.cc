#include "runtime/cgroup/permission.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"

namespace crux::cgroup {

namespace {

struct Refusal {
    std::string path;
    Errno error;
};

bool forbids(Errno error) {
    return error.value == EACCES || error.value == EPERM || error.value == EROFS;
}

/// The reason why the path may not be used in this way; nothing if it may, or if another error
/// occurs.
std::optional<Refusal> refusal(const std::string& path, int mode) {
    auto answer = sys::faccessat(sys::FdRef::cwd(), path, mode, AT_EACCESS);
    if (answer || !forbids(answer.error())) return std::nullopt;
    return Refusal{path, answer.error()};
}

bool exists(const std::string& path) {
    auto answer = sys::faccessat(sys::FdRef::cwd(), path, F_OK);
    return answer || answer.error().value != ENOENT;
}

std::string processes_of(const std::string& directory, int version) {
    return cat(directory, version == 1 ? "/tasks" : "/cgroup.procs");
}

std::optional<Refusal> refusal_to_make(const CgroupDir& dir) {
    std::string directory = dir.directory();
    if (exists(directory)) return refusal(processes_of(directory, dir.version), W_OK);
    while (directory.size() > dir.mountpoint.size() && !exists(directory))
        directory.erase(directory.rfind('/'));
    return refusal(directory, W_OK | X_OK);
}

/// The nearest common ancestor directory.
std::string common_ancestor(const std::string& one, const std::string& other) {
    std::size_t same = 0;
    for (std::size_t at = 0; at <= std::min(one.size(), other.size()); ++at) {
        const bool one_ends = at == one.size() || one[at] == '/';
        const bool other_ends = at == other.size() || other[at] == '/';
        if (one_ends && other_ends) same = at;
        if (at == one.size() || at == other.size() || one[at] != other[at]) break;
    }
    return one.substr(0, same);
}

std::optional<Refusal> refusal_to_enter(const host::CgroupLayout& layout, const CgroupDir& dir) {
    const host::CgroupHierarchy* unified = layout.unified();
    if (dir.version == 1 || unified == nullptr || unified->own_directory.empty())
        return std::nullopt;
    return refusal(
        processes_of(common_ancestor(dir.directory(), unified->own_directory), dir.version), W_OK);
}

}  // namespace

Permission permission_for(const host::CgroupLayout& layout, std::vector<CgroupDir> wanted) {
    Permission permission;
    for (CgroupDir& dir : wanted) {
        std::optional<Refusal> why = refusal_to_make(dir);
        if (!why) why = refusal_to_enter(layout, dir);
        if (why)
            permission.forbidden.push_back({std::move(dir), std::move(why->path), why->error});
        else
            permission.granted.push_back(std::move(dir));
    }
    return permission;
}

}  // namespace crux::cgroup

#include "runtime/cgroup/dirs.h"

#include <algorithm>

#include "runtime/base/text.h"

namespace crux::cgroup {

namespace {

constexpr std::string_view kOrigin = "/linux/cgroupsPath";
constexpr std::size_t kLongestName = 255;

std::unexpected<Error> refuse(std::string_view path, std::string_view why) {
    return std::unexpected(Error(Error::Kind::spec, cat("cgroupsPath ", quoted(path), " ", why))
                               .at(std::string(kOrigin)));
}

/// The path with single slashes, no slash at the end and no "." names; "" for an empty path or "/".
Result<std::string> cleaned(std::string_view path) {
    std::string clean;
    for (std::string_view name : split(path, '/')) {
        if (name.empty() || name == ".") continue;
        if (name == "..") return refuse(path, "must not contain \"..\"");
        if (name.size() > kLongestName)
            return refuse(path, "contains a name of more than 255 bytes");
        if (name.find('\n') != std::string_view::npos || name.find('\0') != std::string_view::npos)
            return refuse(path, "contains a character that is invalid in cgroup names");
        clean += '/';
        clean += name;
    }
    return clean;
}

/// This process's cgroup relative to the mount point, as a prefix: "" for the top, and also for a
/// cgroup outside of the mount, because no cgroup can be made there.
std::string_view own_prefix(const host::CgroupHierarchy& hierarchy) {
    std::string_view own = hierarchy.own_directory;
    std::string_view mountpoint = hierarchy.mountpoint;
    if (own.size() <= mountpoint.size() || !own.starts_with(mountpoint)) return {};
    if (mountpoint != "/") own.remove_prefix(mountpoint.size());
    while (own.ends_with('/')) own.remove_suffix(1);
    return own;
}

/// A v1 hierarchy without controllers groups the processes of the program that named it: systemd
/// expects containers in its own hierarchy, no other program does.
bool is_foreign(const host::CgroupHierarchy& hierarchy) {
    return hierarchy.controllers.size() == 1 && hierarchy.controllers[0].starts_with("name=") &&
           hierarchy.controllers[0] != "name=systemd";
}

std::string_view parent(std::string_view path) {
    std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

CgroupDir place_in(const host::CgroupHierarchy& hierarchy, std::string_view path, bool absolute) {
    std::string_view prefix;
    if (!absolute) {
        prefix = own_prefix(hierarchy);
        if (hierarchy.version == 2) prefix = parent(prefix);
    }
    std::string_view mountpoint = hierarchy.mountpoint;
    while (mountpoint.ends_with('/')) mountpoint.remove_suffix(1);
    return {.mountpoint = std::string(mountpoint),
            .path = cat(prefix, path),
            .controllers = hierarchy.controllers,
            .version = hierarchy.version};
}

}  // namespace

bool CgroupDir::has(std::string_view controller) const {
    return std::ranges::find(controllers, controller) != controllers.end();
}

Result<std::vector<CgroupDir>> dirs_for(const host::CgroupLayout& layout,
                                        std::string_view cgroups_path, std::string_view id) {
    bool absolute = cgroups_path.starts_with('/');
    std::string_view wanted = cgroups_path.empty() ? id : cgroups_path;
    std::string path = TRY(cleaned(wanted));
    if (path.empty()) return refuse(wanted, "must name a cgroup below the root");
    std::vector<CgroupDir> dirs;
    for (int version : {1, 2})
        for (const host::CgroupHierarchy& hierarchy : layout.hierarchies)
            if (hierarchy.version == version && !is_foreign(hierarchy))
                dirs.push_back(place_in(hierarchy, path, absolute));
    return dirs;
}

int find_dir(std::span<const CgroupDir> dirs, std::string_view v1_name, std::string_view v2_name) {
    for (std::size_t i = 0; i < dirs.size(); ++i)
        if (dirs[i].has(dirs[i].version == 1 ? v1_name : v2_name)) return static_cast<int>(i);
    return -1;
}

int unified_dir(std::span<const CgroupDir> dirs) {
    for (std::size_t i = 0; i < dirs.size(); ++i)
        if (dirs[i].version == 2) return static_cast<int>(i);
    return -1;
}

}  // namespace crux::cgroup

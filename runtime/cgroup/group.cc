#include "runtime/cgroup/group.h"

#include <algorithm>

#include "runtime/base/text.h"
#include "runtime/cgroup/files.h"

namespace crux::cgroup {

namespace {

constexpr int kDirectory = O_PATH | O_DIRECTORY;

/// The longest common directory above all mount points, with a slash at the end.
std::string directory_above(std::span<const CgroupDir> dirs) {
    std::string_view common = dirs.front().mountpoint;
    common = common.substr(0, common.rfind('/') + 1);
    for (const CgroupDir& dir : dirs)
        while (!dir.mountpoint.starts_with(common))
            common = common.substr(0, common.rfind('/', common.size() - 2) + 1);
    return std::string(common);
}

}  // namespace

Status Group::hold_base() {
    is_new_.assign(dirs_.size(), false);
    if (dirs_.empty()) return {};
    for (const CgroupDir& dir : dirs_) {
        if (dir.mountpoint.size() < 2)
            return fail(Error::Kind::unsupported, "a cgroup hierarchy is mounted on /");
        if (dir.mountpoint[0] != '/' || !dir.path.starts_with('/'))
            return fail(Error::Kind::state,
                        cat("the cgroup ", dir.directory(), " is no absolute path"));
    }
    above_ = directory_above(dirs_);
    for (const CgroupDir& dir : dirs_) names_.push_back(dir.directory().substr(above_.size()));
    base_ = TRY(sys::openat(sys::FdRef::cwd(), above_, kDirectory).during(above_));
    return {};
}

std::string Group::name(std::uint32_t dir, std::string_view file) const {
    return file.empty() ? names_[dir] : cat(names_[dir], "/", file);
}

std::string Group::path(std::uint32_t dir, std::string_view file) const {
    return above_ + name(dir, file);
}

Result<Group> Group::open(std::vector<CgroupDir> dirs) {
    Group group;
    group.dirs_ = std::move(dirs);
    TRY(group.hold_base());
    return group;
}

Status Group::hold_unified() {
    int dir = unified_dir(dirs_);
    if (dir < 0 || unified_) return {};
    auto index = static_cast<std::uint32_t>(dir);
    unified_ = TRY(sys::openat(base_, name(index), kDirectory).during(dirs_[index].directory()));
    return {};
}

Result<sys::FdRef> Group::unified() {
    TRY(hold_unified().during("adding pid to the cgroup"));
    return sys::FdRef(unified_);
}

Result<sys::Fd> Group::open_tasks(std::uint32_t dir) const {
    std::string file = name(dir, "tasks");
    return sys::openat(base_, file, O_WRONLY)
        .during(cat("adding pid to the cgroup: ", above_, file));
}

Status Group::add(pid_t pid) const {
    constexpr int kTimeoutMs = 200;
    for (std::uint32_t i = 0; i < dirs_.size(); ++i) {
        std::string file = name(i, "cgroup.procs");
        Deadline deadline(kTimeoutMs);
        for (;;) {
            auto written = sys::write_file(base_, file, cat(pid));
            if (written) break;
            // EINVAL: a process whose creation is not complete.
            if (written.error().value == EINVAL && deadline.sleep()) continue;
            return std::unexpected(
                Error(written.error()).during(cat("adding pid ", pid, " to ", above_, file)));
        }
    }
    return {};
}

Result<std::uint64_t> Group::oom_kills() const {
    int dir = find_dir(dirs_, "memory", "memory");
    if (dir < 0) return 0;
    auto index = static_cast<std::uint32_t>(dir);
    bool v1 = dirs_[index].version == 1;
    std::string file = name(index, v1 ? "memory.oom_control" : "memory.events");
    auto text = read_value(base_, file);
    if (!text && is_gone(text.error())) return 0;
    std::string lines = TRY(std::move(text).during(above_ + file));
    return value_of_key(lines, "oom_kill").value_or(0);
}

}  // namespace crux::cgroup

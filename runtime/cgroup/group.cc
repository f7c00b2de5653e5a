#include "runtime/cgroup/group.h"

#include <algorithm>

#include "runtime/base/text.h"
#include "runtime/cgroup/files.h"

namespace crux::cgroup {

namespace {

constexpr int kDirectory = O_PATH | O_DIRECTORY;

/// The longest directory above all mount points, with a slash at the end.
std::string directory_above(std::span<const Place> places) {
    std::string_view common = places.front().mountpoint;
    common = common.substr(0, common.rfind('/') + 1);
    for (const Place& place : places)
        while (!place.mountpoint.starts_with(common))
            common = common.substr(0, common.rfind('/', common.size() - 2) + 1);
    return std::string(common);
}

}  // namespace

Status Group::hold_base() {
    is_new_.assign(places_.size(), false);
    if (places_.empty()) return {};
    for (const Place& place : places_)
        if (place.mountpoint.size() < 2)
            return fail(Error::Kind::unsupported, "a cgroup hierarchy is mounted on /");
    above_ = directory_above(places_);
    for (const Place& place : places_) names_.push_back(place.directory().substr(above_.size()));
    base_ = TRY(sys::openat(sys::FdRef::cwd(), above_, kDirectory).during(above_));
    return {};
}

std::string Group::name(std::uint32_t place, std::string_view file) const {
    return file.empty() ? names_[place] : cat(names_[place], "/", file);
}

std::string Group::path(std::uint32_t place, std::string_view file) const {
    return above_ + name(place, file);
}

Result<Group> Group::open(std::vector<Place> places) {
    Group group;
    group.places_ = std::move(places);
    TRY(group.hold_base());
    return group;
}

Status Group::hold_unified() {
    int place = unified_place(places_);
    if (place < 0 || unified_) return {};
    auto index = static_cast<std::uint32_t>(place);
    unified_ = TRY(sys::openat(base_, name(index), kDirectory).during(places_[index].directory()));
    return {};
}

Result<sys::FdRef> Group::unified() {
    TRY(hold_unified().during("adding pid to the cgroup"));
    return sys::FdRef(unified_);
}

Result<sys::Fd> Group::open_tasks(std::uint32_t place) const {
    std::string file = name(place, "tasks");
    return sys::openat(base_, file, O_WRONLY)
        .during(cat("adding pid to the cgroup: ", above_, file));
}

Status Group::add(pid_t pid) const {
    constexpr int kTimeoutMs = 200;
    for (std::uint32_t i = 0; i < places_.size(); ++i) {
        std::string file = name(i, "cgroup.procs");
        Deadline deadline(kTimeoutMs);
        for (;;) {
            auto written = sys::write_file(base_, file, cat(pid));
            if (written) break;
            // EINVAL: a process that is still being made.
            if (written.error().value == EINVAL && deadline.sleep()) continue;
            return std::unexpected(
                Error(written.error()).during(cat("adding pid ", pid, " to ", above_, file)));
        }
    }
    return {};
}

Result<std::uint64_t> Group::oom_kills() const {
    int place = find_place(places_, "memory", "memory");
    if (place < 0) return 0;
    auto index = static_cast<std::uint32_t>(place);
    bool v1 = places_[index].version == 1;
    std::string file = name(index, v1 ? "memory.oom_control" : "memory.events");
    auto text = read_value(base_, file);
    if (!text && is_gone(text.error())) return 0;
    std::string lines = TRY(std::move(text).during(above_ + file));
    return value_of_key(lines, "oom_kill").value_or(0);
}

}  // namespace crux::cgroup

#include "runtime/cgroup/oom_watch.h"

#include <fcntl.h>

#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/sys/event.h"
#include "runtime/sys/file.h"

namespace crux::cgroup {

Status OomWatch::watch_v1(const std::string& folder) {
    const std::string control = folder + "/memory.oom_control";
    control_ = TRY(sys::openat(sys::FdRef::cwd(), control, O_RDONLY).during(control));
    events_ = TRY(sys::eventfd().during("watch for out-of-memory events"));
    const std::string registration = cat(events_.get(), ' ', control_.get());
    const std::string file = folder + "/cgroup.event_control";
    folder_ = folder;
    return sys::write_file(file, registration).during(file);
}

Status OomWatch::watch_v2(const std::string& folder) {
    const std::string file = folder + "/memory.events";
    events_ = TRY(sys::inotify().during("watch for out-of-memory events"));
    TRY(sys::inotify_add_watch(events_, file, IN_MODIFY).during(file));
    kills_ = TRY(group_->oom_kills());
    return {};
}

Result<OomWatch> OomWatch::open(const Group& group) {
    OomWatch watch(group);
    const int found = find_dir(group.dirs(), "memory", "memory");
    if (found < 0) return watch;
    const CgroupDir& dir = group.dirs()[static_cast<std::size_t>(found)];
    TRY(dir.version == 1 ? watch.watch_v1(dir.directory()) : watch.watch_v2(dir.directory()));
    return watch;
}

Result<std::uint64_t> OomWatch::news() {
    if (control_) {
        const std::uint64_t count = TRY(sys::read_eventfd(events_).during("read an eventfd"));
        // The kernel also sends this event when the cgroup is removed.
        auto found = sys::faccessat(sys::FdRef::cwd(), folder_, F_OK);
        if (!found && found.error().value == ENOENT) return 0;
        TRY(std::move(found).during(folder_));
        return count;
    }
    if (!events_) return std::uint64_t{0};
    char unread[4096];
    // The content of the event does not matter: the file has changed.
    auto drained = sys::read(events_, unread);
    if (!drained && drained.error().value != EAGAIN)
        return std::unexpected(Error(drained.error()).during("read from inotify"));
    const std::uint64_t kills = TRY(group_->oom_kills());
    return kills - std::exchange(kills_, kills);
}

}  // namespace crux::cgroup

#pragma once

#include <cstdint>

#include "runtime/base/error.h"
#include "runtime/cgroup/group.h"
#include "runtime/sys/handle.h"

namespace crux::cgroup {

/// Reports out-of-memory events of a container: with an eventfd on memory.oom_control (v1;
/// Documentation/admin-guide/cgroup-v1/memory.rst, section 10), or with inotify on memory.events
/// (v2).
class OomWatch {
 public:
    /// Starts to watch. Without a memory controller there are no events. The group must outlive the
    /// watch.
    static Result<OomWatch> open(const Group& group);

    /// A descriptor that is readable when there are events; none without a memory controller.
    [[nodiscard]] sys::FdRef file() const { return events_; }
    /// The number of out-of-memory events since the last call (v1), or of processes killed by the
    /// OOM killer (v2).
    Result<std::uint64_t> news();

 private:
    explicit OomWatch(const Group& group) : group_(&group) {}
    Status watch_v1(const std::string& folder);
    Status watch_v2(const std::string& folder);

    const Group* group_;
    sys::Fd events_;   ///< eventfd or inotify
    sys::Fd control_;  ///< v1: memory.oom_control
    std::string folder_;
    std::uint64_t kills_ = 0;  ///< v2: so far
};

}  // namespace crux::cgroup

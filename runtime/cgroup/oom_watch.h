#pragma once

#include <cstdint>

#include "runtime/base/error.h"
#include "runtime/cgroup/group.h"
#include "runtime/sys/handle.h"

namespace crux::cgroup {

/// Tells when the kernel runs out of a container's memory: by an eventfd on memory.oom_control (v1;
/// Documentation/admin-guide/cgroup-v1/memory.rst, section 10), or by inotify on memory.events
/// (v2).
class OomWatch {
 public:
    /// Starts to watch. Without a memory controller there is nothing to be told. The group must
    /// outlive the watch.
    static Result<OomWatch> open(const Group& group);

    /// What is readable when there is news; none without a memory controller.
    [[nodiscard]] sys::FdRef file() const { return events_; }
    /// How often memory ran out since the last call (v1), or how many processes were killed for it
    /// (v2).
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

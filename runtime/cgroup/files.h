#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/sys/file.h"

/// For this directory only, where it acts on the host: files of cgroupfs.
namespace crux::cgroup {

/// The content of a file with a short value: one read, which returns it completely.
Result<std::string, Errno> read_value(sys::FdRef directory, sys::ZString name);

/// The content of a list of any length; a short one takes one read.
Result<std::string, Errno> read_list(sys::FdRef directory, sys::ZString name);

/// The number after "key " in lines of keys and numbers (cgroup.events, memory.oom_control).
std::optional<std::uint64_t> value_of_key(std::string_view text, std::string_view key);

/// The process IDs in a cgroup.procs file, one on each line. 0, a process outside of this pid
/// namespace, is left out: it has no number here, and kill(2) would signal our own process group.
std::vector<pid_t> parse_pids(std::string_view text);

/// The path of the unified hierarchy in the text of /proc/PID/cgroup; nothing if it has none.
std::optional<std::string_view> unified_path(std::string_view text);

/// Whether the errno means that the cgroup does not exist (any more).
[[nodiscard]] bool is_gone(const Errno& error);

/// The end of a wait. The sleeps grow from 0.2 to 20 ms.
class Deadline {
 public:
    explicit Deadline(int timeout_ms);
    /// Sleeps a little; false after the deadline.
    [[nodiscard]] bool sleep();
    /// The time left in milliseconds, for poll; 0 after the deadline.
    [[nodiscard]] int left_ms() const;

 private:
    std::uint64_t end_ns_;
    int sleep_us_ = 200;
};

}  // namespace crux::cgroup

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/error.h"
#include "runtime/sys/file.h"

/// For the acting half of this folder only: files of cgroupfs.
namespace crux::cgroup {

/// The content of a file whose value is short: one read, which the kernel answers whole.
Result<std::string, Errno> read_value(sys::FdRef directory, sys::ZString name);

/// The content of a list of any length, with one read where it is short.
Result<std::string, Errno> read_list(sys::FdRef directory, sys::ZString name);

/// The number behind "key " in lines of keys and numbers (cgroup.events, memory.oom_control).
std::optional<std::uint64_t> value_of_key(std::string_view text, std::string_view key);

/// Whether the errno says that the cgroup is not there (any more).
[[nodiscard]] bool is_gone(const Errno& error);

/// A moment after which a wait is over. Sleeps that grow from 0.2 to 20 ms.
class Deadline {
 public:
    explicit Deadline(int timeout_ms);
    /// Sleeps a little; false when the time is up.
    [[nodiscard]] bool sleep();
    /// What is left, in milliseconds, for poll; 0 when the time is up.
    [[nodiscard]] int left_ms() const;

 private:
    std::uint64_t end_ns_;
    int sleep_us_ = 200;
};

}  // namespace crux::cgroup

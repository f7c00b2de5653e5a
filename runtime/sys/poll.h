#pragma once

#include <poll.h>

#include <span>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"

namespace crux::sys {

/// No timeout. Only for waits that end when a process exits: tests/lint.sh requires a reason for
/// each.
inline constexpr int kForever = -1;

/// poll(2): the number of entries with events; 0 after the timeout in milliseconds. An interrupted
/// wait continues with the remaining time.
Result<int, Errno> poll(std::span<struct ::pollfd> entries, int timeout_ms) noexcept;

/// Waits for one descriptor. Returns the events (also POLLERR and POLLHUP), or 0 after the timeout.
Result<short, Errno> poll_one(FdRef file, short events, int timeout_ms) noexcept;

}  // namespace crux::sys

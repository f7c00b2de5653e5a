#pragma once

#include <poll.h>

#include <span>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"

namespace crux::sys {

/// A timeout that never comes. For waits that end with a process we wait for, and nowhere else:
/// tests/lint.sh asks each for its reason.
inline constexpr int kForever = -1;

/// poll(2): how many of the entries have events; 0 after the timeout in milliseconds. An
/// interrupted wait goes on with the time that is left.
Result<int, Errno> poll(std::span<struct ::pollfd> entries, int timeout_ms) noexcept;

/// Waits for one descriptor: the events that came (POLLERR and POLLHUP too), or 0 after the
/// timeout.
Result<short, Errno> poll_one(FdRef file, short events, int timeout_ms) noexcept;

}  // namespace crux::sys

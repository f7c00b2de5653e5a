#pragma once

#include <sys/inotify.h>

#include <cstdint>

#include "runtime/base/error.h"
#include "runtime/sys/handle.h"
#include "runtime/sys/zstring.h"

namespace crux::sys {

/// eventfd(2) with EFD_CLOEXEC and EFD_NONBLOCK added.
Result<Fd, Errno> eventfd(unsigned initial = 0) noexcept;
/// Reads and resets the counter of an eventfd; 0 if nothing has happened.
Result<std::uint64_t, Errno> read_eventfd(FdRef file) noexcept;

/// timerfd_create(2) with TFD_CLOEXEC and TFD_NONBLOCK: readable after this time in milliseconds.
Result<Fd, Errno> timerfd(int after_ms) noexcept;

/// inotify_init1(2) with IN_CLOEXEC and IN_NONBLOCK.
Result<Fd, Errno> inotify() noexcept;
/// inotify_add_watch(2); returns the watch descriptor.
Result<int, Errno> inotify_add_watch(FdRef file, ZString path, std::uint32_t events) noexcept;

}  // namespace crux::sys

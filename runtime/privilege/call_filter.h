#pragma once

#include <linux/filter.h>

#include <span>

/// The filters of system calls for the rest of a process (seccomp(2)). Every other call, and every
/// call of another architecture, fails with EPERM. For this directory only.
namespace crux::privilege {

/// Reads and writes open files, sends signals to processes that it holds, waits and exits.
std::span<const struct ::sock_filter> relaying_calls();
/// The same, and opens files for reading.
std::span<const struct ::sock_filter> reading_calls();

}  // namespace crux::privilege

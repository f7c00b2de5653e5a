#pragma once

namespace crux::demonstration {

/// Tries the classic escape from a chroot (a second chroot, then "..", then a third) and prints the
/// contents of "/" afterwards. Returns 0 if the attempt could be made.
int escape();

/// Waits until the kernel reports an out-of-memory kill in a cgroup (a directory; v1 reports it by
/// eventfd, v2 by a change of memory.events), and prints it. Returns 1 on timeout.
int watch_memory(const char* cgroup, int seconds);

}  // namespace crux::demonstration

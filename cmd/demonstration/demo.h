#pragma once

namespace crux::demonstration {

/// Makes the classic attempt to leave a root given by chroot (a second chroot, then "..", then a
/// third) and prints what "/" holds afterwards. 0 where the attempt could be made.
int escape();

/// Waits until the kernel tells of an out-of-memory kill in a cgroup (a folder; v1 tells by
/// eventfd, v2 by a changed memory.events), and prints it. 1 where the time is up before.
int watch_memory(const char* cgroup, int seconds);

}  // namespace crux::demonstration

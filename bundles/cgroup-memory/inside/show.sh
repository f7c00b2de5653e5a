#!/bin/sh
# Runs inside the container: allocates memory until the kernel kills it.
find_value() { for file in "$@"; do [ -r "$file" ] && cat "$file" && return; done; }
echo "limit $(find_value /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes)"
# tail keeps the last line in memory, and /dev/zero is one endless line.
tail /dev/zero
echo "exit-code $?"
echo "kills $(find_value /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control | sed -n 's/^oom_kill //p')"

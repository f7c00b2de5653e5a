#!/bin/sh
# Runs inside the container: starts 100 processes; for those above the limit the kernel returns an error.
find_value() { for file in "$@"; do [ -r "$file" ] && cat "$file" && return; done; }
echo "limit $(find_value /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max)"
echo "wanted 100"
# In a subshell, because a shell that cannot fork exits.
(
    turn=0
    while [ $turn -lt 100 ]; do
        sleep 2 &
        turn=$((turn + 1))
    done
) 2>/tmp/refused
# No further process can be started: only builtins of the shell work.
set -- /proc/[0-9]*
echo "running $#"
read -r refusal </tmp/refused
echo "refusal ${refusal##*: }"

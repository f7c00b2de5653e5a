#!/bin/sh
# Runs inside the container: starts 100 processes; the kernel refuses those above the limit.
find_value() { for file in "$@"; do [ -r "$file" ] && cat "$file" && return; done; }
echo "limit $(find_value /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max)"
echo "wanted 100"
# In a shell of its own: one that cannot fork gives up.
(
    turn=0
    while [ $turn -lt 100 ]; do
        sleep 2 &
        turn=$((turn + 1))
    done
) 2>/tmp/refused
# Nothing more can be started: only what the shell does itself still works.
set -- /proc/[0-9]*
echo "running $#"
read -r refusal </tmp/refused
echo "refusal ${refusal##*: }"

#!/bin/sh
# Runs inside the container: works without a pause for some seconds, and counts the time it was given.
find_value() { for file in "$@"; do [ -r "$file" ] && cat "$file" && return; done; }
seconds=${WORK_SECONDS:-3}
begin=$(date +%s)
while [ "$(($(date +%s) - begin))" -lt "$seconds" ]; do
    turn=0
    while [ $turn -lt 5000 ]; do turn=$((turn + 1)); done
done
echo "wall-ms $((seconds * 1000))"
# The shell's own user and system time are in the first line of times, which forgets them in a pipe.
times >/tmp/times
echo "cpu-ms $(head -n 1 /tmp/times | awk '{ split($1, u, /[ms]/); split($2, s, /[ms]/); printf "%d", (u[1] * 60 + u[2] + s[1] * 60 + s[2]) * 1000 }')"
echo "throttled $(find_value /sys/fs/cgroup/cpu.stat /sys/fs/cgroup/cpu/cpu.stat | sed -n 's/^nr_throttled //p')"

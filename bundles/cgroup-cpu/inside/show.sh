#!/bin/sh
# Runs inside the container: uses the CPU without a pause for three seconds, and measures the CPU time that it got.
# WORK_UNTIL: when to stop instead, in hundredths of a second since boot, so that two containers stop at the same time.
find_value() { for file in "$@"; do [ -r "$file" ] && cat "$file" && return; done; }
now() {
    read -r uptime rest </proc/uptime
    time=${uptime%.*}${uptime#*.}
}
now
begin=$time
until=${WORK_UNTIL:-$((begin + 300))}
while [ "$time" -lt "$until" ]; do
    turn=0
    while [ $turn -lt 2000 ]; do turn=$((turn + 1)); done
    now
done
echo "wall-ms $(((time - begin) * 10))"
# The first line of times is the shell's own user and system time; in a pipe it would be that of a subshell.
times >/tmp/times
echo "cpu-ms $(head -n 1 /tmp/times | awk '{ split($1, u, /[ms]/); split($2, s, /[ms]/); printf "%d", (u[1] * 60 + u[2] + s[1] * 60 + s[2]) * 1000 }')"
echo "throttled $(find_value /sys/fs/cgroup/cpu.stat /sys/fs/cgroup/cpu/cpu.stat | sed -n 's/^nr_throttled //p')"

#!/bin/sh
# Runs inside the container: prints the effect of each of the eight namespaces.
for kind in cgroup ipc mnt net pid time user uts; do
    echo "namespace $kind $(readlink "/proc/self/ns/$kind" | tr -dc 0-9)"
done
echo "hostname $(hostname)"
echo "pid $$"
echo "processes $(find /proc -maxdepth 1 -name '[0-9]*' | wc -l)"
echo "interfaces $(cd /sys/class/net && echo *)"
echo "uid-inside $(id -u)"
echo "uid-map $(tr -s ' ' </proc/self/uid_map | sed 's/^ //')"
echo "uptime-days $(($(cut -d. -f1 /proc/uptime) / 86400))"
# The memory hierarchy of cgroup v1, or the only one of v2.
echo "cgroup $(sed -nE 's/^[0-9]+:(memory|)://p' /proc/self/cgroup | head -n 1)"
# System V message queues belong to the ipc namespace: there is none here.
echo "queues $(($(wc -l </proc/sysvipc/msg) - 1))"
echo "mounts $(wc -l </proc/self/mountinfo)"

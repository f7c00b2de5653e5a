#!/bin/sh
# Runs inside the container: prints what it sees as the root, and what it can write.
try() { # NAME COMMAND…
    name=$1
    shift
    if answer=$("$@" 2>&1); then echo "try $name done"; else echo "try $name ${answer##*: }"; fi
}
echo "root $(cd / && echo *)"
echo "mounts $(wc -l </proc/self/mountinfo)"
cut -d' ' -f5,6 /proc/self/mountinfo | sort -u | sed 's/^/mount /' | grep -E 'mount (/|/proc|/dev|/tmp|/data) '
try write-root touch /etc/new
try write-tmpfs touch /tmp/new
try write-data touch /data/new
try read-data cat /data/greeting
try write-sysctl dd if=/dev/null of=/proc/sys/vm/swappiness
echo "masked-bytes $(wc -c </proc/keys)"
crux-demo escape

#!/bin/bash
# Prints config.json with the numbers of the disk on which a directory is, instead of 8:0.
# usage: bundles/cgroup-io/for-this-host.sh [DIRECTORY] >CONFIG      (default: the bundle's disk/)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/disk}

device=$(stat -c '%Hd:%Ld' "$folder")
if ! [ -e "/sys/dev/block/$device" ]; then
    echo "$folder is not on a block device of this kernel ($(stat -f -c %T "$folder")): its I/O cannot be limited" >&2
    exit 1
fi
# The kernel only limits whole disks.
if [ -e "/sys/dev/block/$device/partition" ]; then
    device=$(cat "/sys/dev/block/$device/../dev")
fi
sed "s/\"major\": 8, \"minor\": 0/\"major\": ${device%:*}, \"minor\": ${device#*:}/" "$here/config.json"

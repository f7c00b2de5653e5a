#!/bin/bash
# Prints config.json with the numbers of the disk that holds a folder, in place of 8:0.
# usage: bundles/cgroup-io/for-this-host.sh [FOLDER] >CONFIG      (FOLDER: the bundle's own disk/ unless given)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/disk}

device=$(stat -c '%Hd:%Ld' "$folder")
if ! [ -e "/sys/dev/block/$device" ]; then
    echo "$folder is on no disk of this kernel's own ($(stat -f -c %T "$folder")): its transfers cannot be limited" >&2
    exit 1
fi
# Limits are for whole disks.
if [ -e "/sys/dev/block/$device/partition" ]; then
    device=$(cat "/sys/dev/block/$device/../dev")
fi
sed "s/\"major\": 8, \"minor\": 0/\"major\": ${device%:*}, \"minor\": ${device#*:}/" "$here/config.json"

#!/bin/bash
# Creates the root filesystem that all bundles share, from busybox-static and the demonstration's small programs.
# usage: bundles/make-rootfs.sh [DIRECTORY [PROGRAMS]]
#   DIRECTORY   where to create it (default: bundles/rootfs)
#   PROGRAMS    the build directory with crux-demo and crux-demo-strict (default: build/release)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=${1:-$here/rootfs}
programs=${2:-$here/../build/release}

busybox=$(command -v busybox || true)
if [ -z "$busybox" ]; then
    echo "busybox is missing (Debian: apt-get install busybox-static)" >&2
    exit 1
fi

mkdir -p "$root"/{bin,data,demo,dev,disk,etc,proc,root,sys,tmp}
chmod 755 "$root"
chmod 1777 "$root/tmp"
cp -f "$busybox" "$root/bin/busybox"
if ! chroot "$root" /bin/busybox true 2>/dev/null && [ "$(id -u)" = 0 ]; then
    echo "$busybox requires libraries: install the static busybox (Debian: busybox-static)" >&2
    exit 1
fi
"$busybox" --list | while read -r name; do
    [ "$name" = busybox ] || ln -sf busybox "$root/bin/$name"
done
for program in crux-demo crux-demo-strict; do
    if [ -x "$programs/$program" ]; then
        cp -f "$programs/$program" "$root/bin/$program"
    else
        echo "$program is not built yet: the bundles chroot, mounts-pivot-root and seccomp-strict require it" >&2
    fi
done
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"

#!/bin/bash
# Measures crux, the floor and, if they are installed, runc and crun.
# usage: tests/bench/run.sh [BUILD-FOLDER] [WORDS FOR crux-bench…]      (BUILD-FOLDER: build/release
# unless given)
# As root. crun refuses hosts with cgroup hierarchies of both versions, so there every program runs
# in a private mount namespace
# without the second version. See docs/benchmarks.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=build/release
if [ $# -gt 0 ] && [ -d "$1" ]; then
    build=$1
    shift
fi
build=$(cd "$build" && pwd)

words=(--program "crux=${CRUX:-$build/crux}")
for name in runc crun; do
    path=$(PATH=$PATH:/usr/sbin command -v $name || true)
    [ -z "$path" ] || words+=(--program "$name=$path")
done

v1=$(grep -c ' - cgroup ' /proc/self/mountinfo || true)
v2_at=$(awk '/ - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
mode=none
if [ "$v2_at" = /sys/fs/cgroup ]; then
    mode=v2
elif [ "$v1" -gt 0 ]; then
    mode=v1
fi
[ ! -x "$build/crux-floor" ] || words+=(--floor "$build/crux-floor" --floor-mode "$mode")

if [ "$v1" -gt 0 ] && [ -n "$v2_at" ]; then
    # shellcheck disable=SC2016
    exec unshare --mount --propagation private sh -c 'umount "$1" && shift && exec "$@"' \
        apart "$v2_at" "$build/crux-bench" "${words[@]}" "$@"
fi
exec "$build/crux-bench" "${words[@]}" "$@"

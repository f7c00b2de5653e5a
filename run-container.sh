#!/bin/bash
# Installs what is needed, builds crux, and runs containers that show every facility of the kernel behind them.
# usage: ./run-container.sh [--explain]
#   --explain   prints the plan of the container that has everything, step by step, and runs nothing
# With CRUX=PROGRAM in the environment it shows that program as it is, and installs and builds nothing.
# Leaves nothing behind, also when interrupted. The exit code is 0 where each claim that this host can show was borne out.
set -u
cd "$(dirname "$0")" || exit 1
here=$PWD
# shellcheck source=scripts/as-root.sh
. scripts/as-root.sh
# shellcheck source=bundles/demonstration/layout.sh
. bundles/demonstration/layout.sh
# shellcheck source=bundles/demonstration/containers.sh
. bundles/demonstration/containers.sh
# shellcheck source=bundles/demonstration/parts.sh
. bundles/demonstration/parts.sh

explain=no
case ${1:-} in
    '') ;;
    --explain) explain=yes ;;
    *) sed -n '2,6s/^# //p' "$0"; exit 1 ;;
esac

# quietly WHAT COMMAND…: says what is going on, and shows the output only of a failure.
quietly() {
    local what=$1 begin=$SECONDS output
    shift
    printf '%s ... ' "$what" >&2
    if output=$("$@" 2>&1 </dev/null); then
        printf 'done (%d s)\n' $((SECONDS - begin)) >&2
    else
        printf 'failed\n%s\n' "$output" | tail -n 40 >&2
        exit 1
    fi
}

umask 022
crux=${CRUX:-}
if [ -z "$crux" ]; then
    crux=$here/build/release/crux
    quietly 'Installing what is needed' scripts/install-packages.sh scripts/packages-build.txt
    quietly 'Configuring' timeout 120 cmake --preset release -DCRUX_TESTS=OFF
    quietly 'Building crux (some minutes the first time)' timeout 1800 cmake --build --preset release -j "$(nproc)"
fi
busybox=$(command -v busybox)

if [ $explain = yes ]; then
    exec "$crux" explain --bundle bundles/demonstration
fi

# Not below this folder: users of a user namespace could not reach their root through a private home.
work=$(mktemp -d "${TMPDIR:-/tmp}/crux-demo.XXXXXX") || exit 1
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
chmod 755 "$work"
cp -R bundles "$work/bundles" && rm -rf "$work/bundles/rootfs"
quietly 'Making a root file system from busybox' bundles/make-rootfs.sh "$work/bundles/rootfs" "$(dirname "$crux")"

printf '\n%sA container, piece by piece%s\n' "$bold" "$plain"
words "Kernel $(uname -r), cgroups of $(cgroup_kind)." "Every container below is made by $("$crux" --version | head -n 1)."
show_namespaces
show_cgroups
show_network
show_seccomp
show_mounts
show_chroot
show_capabilities
show_all

part 'And nothing stays'
clean_up
left=$(leftovers)
trap - EXIT
if [ -z "$left" ]; then
    good 'no cgroup, no mount, no interface, no file of it is left'
else
    bad 'something is left:'
    printf '%s\n' "$left" | sed 's/^/      /'
fi

printf '\n%d shown, %d not possible on this host, %d not as claimed\n' "$shown" "$not_here" "$broken"
[ "$broken" = 0 ]

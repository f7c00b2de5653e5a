#!/bin/bash
# Installs the required packages, builds crux, and runs containers that show each kernel facility that they use.
# usage: ./run-container.sh [--explain]
#   --explain   prints the plan of the container that uses everything, step by step, and runs nothing
# With CRUX=PROGRAM in the environment it uses that program, and installs and builds nothing.
# Leaves nothing behind, also if interrupted. Exits with status 0 if every claim that this host can show is true.
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

# quietly WHAT COMMAND…: prints what it does, and the command's output only if the command fails.
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
    quietly 'Installing the required packages' scripts/install-packages.sh scripts/packages-build.txt
    quietly 'Configuring' timeout 120 cmake --preset release -DCRUX_TESTS=OFF
    quietly 'Building crux (takes some minutes the first time)' timeout 1800 cmake --build --preset release -j "$(nproc)"
fi
busybox=$(command -v busybox)

if [ $explain = yes ]; then
    exec "$crux" explain --bundle bundles/demonstration
fi

# Not below this directory: users of a user namespace could not reach their root through a private home directory.
work=$(mktemp -d "${TMPDIR:-/tmp}/crux-demo.XXXXXX") || exit 1
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
chmod 755 "$work"
cp -R bundles "$work/bundles" && rm -rf "$work/bundles/rootfs"
quietly 'Creating a root filesystem from busybox' bundles/make-rootfs.sh "$work/bundles/rootfs" "$(dirname "$crux")"

printf '\n%sA container, step by step%s\n' "$bold" "$plain"
words "Kernel $(uname -r), cgroups: $(cgroup_kind)." "All containers below are created by $("$crux" --version | head -n 1)."
show_namespaces
show_cgroups
show_network
show_seccomp
show_mounts
show_chroot
show_capabilities
show_all

part 'Nothing is left behind'
clean_up
left=$(leftovers)
trap - EXIT
if [ -z "$left" ]; then
    good 'no cgroup, mount, interface or file of the demonstration is left'
else
    bad 'these are left:'
    printf '%s\n' "$left" | sed 's/^/      /'
fi

printf '\n%d shown, %d not possible on this host, %d not as claimed\n' "$shown" "$not_here" "$broken"
[ "$broken" = 0 ]

#!/bin/bash
# Builds the module resctrl.ko for the kernel 6.1 of tests/vm/run, with Debian's headers for it, and
# prints its path. Installs nothing. Needs root (the headers are mounted over /usr in a private
# mount namespace) and a compiler.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../../../scripts/debian-archive.sh
. "$here/../../../scripts/debian-archive.sh"
work=$here/../../../build/vm
version=$(cat "$("$here/../kernel.sh" 6.1)/version")
work=$(cd "$work" && pwd)
module=$work/resctrl-$version
if ! [ -e "$module/resctrl.ko" ]; then
    archive bookworm amd64 "$work/apt"
    rm -rf "$module"
    unpack "$module/headers" "linux-headers-$version" "linux-headers-${version%-cloud-amd64}-common" linux-kbuild-6.1
    cp "$here/resctrl.c" "$module/"
    echo 'obj-m := resctrl.o' >"$module/Kbuild"
    # shellcheck disable=SC2016  # the inner shell expands it
    unshare -m sh -euc 'mount -t overlay -o "lowerdir=$1/headers/usr:/usr" overlay /usr
        make -C "/usr/src/linux-headers-$2" M="$1" modules >&2' sh "$module" "$version"
    rm -r "$module/headers"
fi
echo "$module/resctrl.ko"

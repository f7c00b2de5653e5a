#!/bin/bash
# Downloads one of Debian's kernels into its own directory and makes an initial filesystem that boots it.
# usage: tests/vm/kernel.sh 5.10|6.1|6.12|newest [x86_64|aarch64|riscv64]
# Prints the directory with kernel, version and initramfs.cpio. An existing directory is kept; remove it to download again.
# Installs nothing (scripts/debian-archive.sh).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../../scripts/debian-archive.sh
. "$here/../../scripts/debian-archive.sh"
work=$here/../../build/vm
mkdir -p "$work"
work=$(cd "$work" && pwd)

case ${1:-} in
    5.10) suite=bullseye ;;
    6.1) suite=bookworm ;;
    6.12) suite=trixie ;;
    newest) suite=sid ;;
    *) sed -n '2,4s/^# //p' "$0" >&2; exit 2 ;;
esac
machine=${2:-x86_64}
case $machine in
    riscv64) meta=linux-image-riscv64 ;;
    *) meta=linux-image-cloud-$(debian_processor "$machine") ;;
esac
debian=$(debian_processor "$machine")
folder=$work/kernels/$1-$machine

# Modules of Debian's kernel that a container may need, that the guest's devices need, and that criu
# needs to dump sockets and packet filters.
modules="virtio_pci virtio_mmio virtio_blk virtio_console virtio_rng ext4 fuse virtiofs overlay loop autofs4 configfs
    veth bridge tun dummy macvlan
    nf_tables nft_compat nft_counter nft_chain_nat nft_ct nft_nat nft_masq nft_reject_inet nft_reject nft_fib_inet
    ip_tables iptable_nat iptable_filter xt_MASQUERADE xt_comment xt_multiport xt_addrtype xt_mark xt_conntrack
    ip6_tables ip6table_filter ip6table_nat nf_conntrack_netlink
    inet_diag tcp_diag udp_diag unix_diag netlink_diag af_packet_diag raw_diag"

# depends PACKAGE PATTERN: the packages that it depends on whose names match.
depends() { apt-cache "${apt[@]}" depends --important "$1" | sed -nE "s/^ *Depends: ($2)\$/\1/p"; }

# first FILE…: the first file that exists.
first() {
    local file
    for file in "$@"; do
        if [ -e "$file" ]; then
            echo "$file"
            return
        fi
    done
    echo "not in the packages: $*" >&2
    return 1
}

make_kernel() {
    local image parts version tree=$folder.new/tree
    archive "$suite" "$debian" "$work/apt"
    image=$(depends "$meta" 'linux-image-[0-9][^ ]*' | head -n 1)
    [ -n "$image" ] || { echo "$suite has no $meta for $debian" >&2; return 1; }
    # Newer suites have the modules in a separate package.
    mapfile -t parts < <(depends "$image" 'linux-(modules|binary|base-modules|image)-[0-9][^ ]*')
    mkdir -p "$tree"
    [ "$machine" = x86_64 ] || parts+=(busybox-static)
    unpack "$tree" "$image" "${parts[@]}"
    [ -d "$tree/lib/modules" ] || ln -s usr/lib "$tree/lib"
    version=$(ls "$tree/lib/modules")
    "$here/unpack-kernel.py" "$(first "$tree"/boot/vmlinu[xz]-"$version" "$tree/lib/modules/$version"/vmlinu[xz])" "$folder.new/kernel"
    echo "$version" >"$folder.new/version"
}

make_initramfs() {
    local root=$folder.new/root busybox=/bin/busybox
    [ "$machine" = x86_64 ] || busybox=$(first "$folder.new/tree/bin/busybox" "$folder.new/tree/usr/bin/busybox")
    mkdir -p "$root/bin" "$root/dev"
    cp "$busybox" "$root/bin/busybox"
    # shellcheck disable=SC2086
    "$here/pack-modules.py" "$folder.new/tree/lib/modules" "$root/modules" $modules
    (cd "$root" && find . | cpio -o -H newc --quiet) >"$folder.new/initramfs.cpio"
    rm -r "$root" "$folder.new/tree"
}

# Two concurrent calls must not make the same directory.
exec 9>"$work/lock"
flock -w 1200 9
if ! [ -e "$folder/version" ]; then
    echo "fetching kernel $1 for $machine from Debian $suite" >&2
    rm -rf "$folder" "$folder.new"
    make_kernel
    make_initramfs
    mv "$folder.new" "$folder"
fi
echo "$folder"

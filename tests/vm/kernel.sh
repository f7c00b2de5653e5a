#!/bin/bash
# Fetches one of Debian's kernels into a folder of its own and makes the initial file system that boots it.
# usage: tests/vm/kernel.sh 5.10|6.1|6.12|newest [x86_64|aarch64|riscv64]
# Prints the folder: kernel, version, initramfs.cpio. What is there already is kept; remove the folder to fetch it anew.
# The packages come from the mirror that this machine uses, through apt with lists and a status of its own, so that
# nothing is installed and apt checks signatures and hashes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
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
    x86_64) debian=amd64 meta=linux-image-cloud-amd64 ;;
    aarch64) debian=arm64 meta=linux-image-cloud-arm64 ;;
    riscv64) debian=riscv64 meta=linux-image-riscv64 ;;
    *) echo "no kernels for $machine" >&2; exit 2 ;;
esac
folder=$work/kernels/$1-$machine

# What a container may need of the kernel that Debian builds as a module, what the guest's devices need, and what
# criu's dump of sockets and packet filters needs.
modules="virtio_pci virtio_mmio virtio_blk virtio_console virtio_rng ext4 fuse virtiofs overlay loop autofs4 configfs
    veth bridge tun dummy macvlan
    nf_tables nft_compat nft_counter nft_chain_nat nft_ct nft_nat nft_masq nft_reject_inet nft_reject nft_fib_inet
    ip_tables iptable_nat iptable_filter xt_MASQUERADE xt_comment xt_multiport xt_addrtype xt_mark xt_conntrack
    ip6_tables ip6table_filter ip6table_nat nf_conntrack_netlink
    inet_diag tcp_diag udp_diag unix_diag netlink_diag af_packet_diag raw_diag"

# apt_for: fills `apt` with the options for this suite and architecture, and its lists where they are older than a day.
apt_for() {
    local place=$work/apt/$suite-$debian mirror
    # shellcheck disable=SC2016  # the dollar is apt's
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)
    mkdir -p "$place/lists/partial" "$place/cache/archives/partial"
    : >"$place/status"
    echo "deb [arch=$debian signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
        "${mirror:-http://deb.debian.org/debian} $suite main" >"$place/sources.list"
    apt=(-o "Dir::Etc::sourcelist=$place/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null
        -o "Dir::State::lists=$place/lists" -o "Dir::State::status=$place/status" -o "Dir::Cache=$place/cache"
        -o "APT::Architecture=$debian" -o "APT::Architectures::=$debian"
        -o Acquire::Languages=none -o APT::Sandbox::User=root)
    [ -n "$(find "$place/lists" -maxdepth 1 -name '*Packages*' -mmin -1440)" ] ||
        timeout 300 apt-get "${apt[@]}" -qq update
}

# depends PACKAGE PATTERN: the packages that it depends on whose names match.
depends() { apt-cache "${apt[@]}" depends --important "$1" | sed -nE "s/^ *Depends: ($2)\$/\1/p"; }

# unpack FOLDER PACKAGE…: downloads and unpacks packages.
unpack() {
    local into=$1 package
    shift
    mkdir -p "$into/packages"
    (cd "$into/packages" && timeout 900 apt-get "${apt[@]}" -qq download "$@")
    for package in "$into"/packages/*.deb; do dpkg-deb -x "$package" "$into"; done
    rm -r "$into/packages"
}

# first FILE…: the first that is there.
first() {
    local file
    for file in "$@"; do
        if [ -e "$file" ]; then
            echo "$file"
            return
        fi
    done
    echo "none of these is in the packages: $*" >&2
    return 1
}

make_kernel() {
    local image parts version tree=$folder.new/tree
    apt_for
    image=$(depends "$meta" 'linux-image-[0-9][^ ]*' | head -n 1)
    [ -n "$image" ] || { echo "$suite has no $meta for $debian" >&2; return 1; }
    # Newer suites split the modules from the image.
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

# Two calls at once must not make the same folder.
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

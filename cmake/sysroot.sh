#!/bin/bash
# Makes the folder of headers and libraries that a build for another processor takes in place of this machine's.
# usage: cmake/sysroot.sh aarch64|riscv64
# It is build/sysroot/PROCESSOR; what is there already is kept. Nothing is installed (scripts/debian-archive.sh).
# Needs the packages of scripts/packages-build.txt, packages-test.txt and packages-PROCESSOR.txt.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../scripts/debian-archive.sh
. "$here/../scripts/debian-archive.sh"

machine=${1:-}
case $machine in
    aarch64 | riscv64) ;;
    *) sed -n '2,4s/^# //p' "$0" >&2; exit 2 ;;
esac
# The first Debian that has riscv64, and libmnl as an archive.
suite=trixie
processor=$(debian_processor "$machine")
mkdir -p "$here/../build"
work=$(cd "$here/../build" && pwd)
folder=$work/sysroot/$machine
[ ! -e "$folder" ] || exit 0

rm -rf "$folder.new"
mkdir -p "$folder.new"
archive "$suite" "$processor" "$work/apt"
unpack "$folder.new" libmnl-dev libseccomp-dev
# Programs are static: a guest of another processor has no libraries.
find "$folder.new" -name 'lib*.so*' -delete
# Headers that are the same for every processor, as this machine has them.
dpkg -L catch2 libcxxopts-dev nlohmann-json3-dev | sed -nE 's,^/(usr/(include|lib|share/cmake)/),\1,p' |
    tar -C / --no-recursion --verbatim-files-from -T - -cf - | tar -C "$folder.new" -xf -
mv "$folder.new" "$folder"

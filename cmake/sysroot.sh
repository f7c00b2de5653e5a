#!/bin/bash
# Creates the directory of headers and libraries that a build for another processor uses instead of this machine's.
# usage: cmake/sysroot.sh aarch64|riscv64
# It is build/sysroot/PROCESSOR; an existing one is kept. Nothing is installed (scripts/debian-archive.sh).
# Requires the packages in scripts/packages-build.txt, packages-test.txt and packages-PROCESSOR.txt.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../scripts/debian-archive.sh
. "$here/../scripts/debian-archive.sh"

machine=${1:-}
case $machine in
    aarch64 | riscv64) ;;
    *) sed -n '2,4s/^# //p' "$0" >&2; exit 2 ;;
esac
# The first release with riscv64, and with libmnl as a static library.
suite=trixie
processor=$(debian_processor "$machine")
mkdir -p "$here/../build"
work=$(cd "$here/../build" && pwd)
folder=$work/sysroot/$machine
[ ! -e "$folder" ] || exit 0

rm -rf "$folder.new"
mkdir -p "$folder.new"
archive "$suite" "$processor" "$work/apt"
libraries=(libcap-dev libmnl-dev libseccomp-dev)
headers=(libcxxopts-dev nlohmann-json3-dev)
# In Debian 12 Catch2 is only headers. From Debian 13 on it is also a library, which needs the other processor's build.
if dpkg-query -W -f='${db:Status-Status}' libcatch2-dev 2>/dev/null | grep -qx installed; then
    libraries+=(libcatch2-dev)
else
    headers+=(catch2)
fi
unpack "$folder.new" "${libraries[@]}"
# Programs are static, because a guest of another processor has no libraries.
find "$folder.new" -name 'lib*.so*' -delete
# This suite's libcap calls strtoul by a name that is new in glibc 2.38. The cross compiler of Debian 12 has glibc 2.36.
"$machine-linux-gnu-gcc" -O2 -c -x c - -o "$folder.new/strtoul.o" <<'END'
#include <stdlib.h>
__attribute__((weak)) unsigned long __isoc23_strtoul(const char *text, char **end, int base) { return strtoul(text, end, base); }
END
"$machine-linux-gnu-ar" r "$(find "$folder.new" -name libcap.a)" "$folder.new/strtoul.o" 2>/dev/null
rm "$folder.new/strtoul.o"
# Headers that are the same for every processor come from this machine.
dpkg -L "${headers[@]}" | sed -nE 's,^/(usr/(include|lib|share/cmake)/),\1,p' |
    tar -C / --no-recursion --verbatim-files-from -T - -cf - | tar -C "$folder.new" -xf -
mv "$folder.new" "$folder"

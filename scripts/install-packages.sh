#!/bin/bash
# Installs the Debian packages in the given lists; prints nothing if all are installed.
# usage: scripts/install-packages.sh LIST…
# A line "PACKAGE debian>=N" names a package that exists from Debian N on; on an older release it is left out.
set -euo pipefail

# testing and unstable have no number: they are newer than every release.
release=$(sed -n 's/^VERSION_ID="\{0,1\}\([0-9]*\).*/\1/p' /etc/os-release)
mapfile -t wanted < <(sed -e 's/#.*//' "$@" |
    awk -v release="${release:-1000}" 'NF && (NF == 1 || (sub(/^debian>=/, "", $2) && release + 0 >= $2 + 0)) { print $1 }')

missing=()
for package in "${wanted[@]}"; do
    state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ]; then
    echo "packages are missing and must be installed as root: ${missing[*]}" >&2
    exit 1
fi

echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A mirror that is being updated fails for a short time; a later attempt succeeds.
for attempt in 1 2 3; do
    if timeout 900 bash -c '
        apt-get -q -o DPkg::Lock::Timeout=120 update &&
        apt-get -q -y -o DPkg::Lock::Timeout=120 install --no-install-recommends "$@"' \
        install "${missing[@]}" >"$log" 2>&1; then
        exit 0
    fi
    [ "$attempt" = 3 ] || sleep 10
done
tail -n 30 "$log" >&2
echo "apt-get cannot install the packages" >&2
exit 1

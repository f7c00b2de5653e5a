# shellcheck shell=bash
# Sourced: if the user is not root, runs the calling script again as root through sudo.
# The caller's name and arguments are "$0" and "$@".
if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null; then
        exec sudo -- "$BASH" "$0" "$@"
    fi
    echo "$0: must be run as root; run it as root, or install sudo" >&2
    exit 1
fi

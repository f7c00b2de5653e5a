# shellcheck shell=bash
# Sourced: runs the calling script again as root, through sudo, where it is not root already.
# The caller's name and words are "$0" and "$@".
if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null; then
        exec sudo -- "$BASH" "$0" "$@"
    fi
    echo "$0: needs root; run it as root, or install sudo" >&2
    exit 1
fi

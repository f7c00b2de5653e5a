# shellcheck shell=bash
# Sourced: packages of other suites and processors from the mirror that this machine uses, through apt with separate lists
# and a separate status. Nothing is installed; apt checks signatures and hashes.

# debian_processor MACHINE: Debian's name for a processor, from uname's name.
debian_processor() {
    case $1 in
        x86_64) echo amd64 ;;
        aarch64) echo arm64 ;;
        riscv64) echo riscv64 ;;
        *) echo "$1: Debian's name of this processor is unknown" >&2; return 1 ;;
    esac
}

# archive SUITE PROCESSOR DIRECTORY: sets `apt` to the options that make apt use this suite for this processor (Debian's
# name), and downloads the lists to the directory if they are missing or older than a day.
archive() {
    local place=$3/$1-$2 mirror
    # shellcheck disable=SC2016  # apt expands the variable
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | sed -n '/security/!{p;q}')
    mkdir -p "$place/lists/partial" "$place/cache/archives/partial"
    : >"$place/status"
    echo "deb [arch=$2 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
        "${mirror:-http://deb.debian.org/debian} $1 main" >"$place/sources.list"
    apt=(-o "Dir::Etc::sourcelist=$place/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null
        -o "Dir::State::lists=$place/lists" -o "Dir::State::status=$place/status" -o "Dir::Cache=$place/cache"
        -o "APT::Architecture=$2" -o "APT::Architectures::=$2"
        -o Acquire::Languages=none -o APT::Sandbox::User=root)
    [ -n "$(find "$place/lists" -maxdepth 1 -name '*Packages*' -mmin -1440)" ] ||
        timeout 300 apt-get "${apt[@]}" -qq update
}

# unpack DIRECTORY PACKAGE…: downloads packages with `apt` and unpacks them.
unpack() {
    local into=$1 package
    shift
    mkdir -p "$into/packages"
    (cd "$into/packages" && timeout 900 apt-get "${apt[@]}" -qq download "$@")
    for package in "$into"/packages/*.deb; do dpkg-deb -x "$package" "$into"; done
    rm -r "$into/packages"
}

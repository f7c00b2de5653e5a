# shellcheck shell=bash
# Sourced by run-container.sh: the layout of the output. Colour on a terminal, plain text in a pipe or a file.

if [ -t 1 ] && [ "${TERM:-dumb}" != dumb ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' yellow=$'\e[33m' red=$'\e[31m' cyan=$'\e[36m' plain=$'\e[0m'
    width=$(tput cols 2>/dev/null || echo 80)
    [ "$width" -le 100 ] || width=100
else
    bold='' dim='' green='' yellow='' red='' cyan='' plain='' width=80
fi
case ${LC_ALL:-${LC_CTYPE:-${LANG:-}}} in
    *[uU][tT][fF]*8) rule=─ tick=✔ cross=✘ dash=– ;;
    *) rule=- tick=ok cross=NO dash=-- ;;
esac

shown=0 not_here=0 broken=0
part=0

# Prints a line across the page.
line() {
    local text
    printf -v text '%*s' "$width" ''
    printf '%s%s%s\n' "$dim" "${text// /$rule}" "$plain"
}

# part TITLE: starts the next numbered part.
part() {
    part=$((part + 1))
    printf '\n'
    line
    printf '%s%d. %s%s\n' "$bold$cyan" "$part" "$1" "$plain"
    line
}

# words TEXT…: a paragraph for the reader.
words() { printf '%s\n' "$*" | fold -s -w "$width" | sed 's/ *$//'; }

# claim TEXT: what the following evidence shows.
claim() { printf '\n%s%s%s\n' "$bold" "$(words "$*")" "$plain"; }

# proof LABEL TEXT: one line of evidence.
proof() { printf '    %-26s %s\n' "$1" "$2"; }

# pair LABEL HOST CONTAINER: one line of evidence in two columns.
pair() { printf '    %-26s %-26s %s\n' "$1" "$2" "$3"; }

good() {
    shown=$((shown + 1))
    printf '  %s%s%s %s\n' "$green" "$tick" "$plain" "$*"
}

# cannot WHY: this host cannot show it; this is not a failure.
cannot() {
    not_here=$((not_here + 1))
    printf '  %s%s not on this host:%s %s\n' "$yellow" "$dash" "$plain" "$*"
}

# bad WHAT [LOG]: the claim is not true.
bad() {
    broken=$((broken + 1))
    printf '  %s%s not as claimed:%s %s\n' "$red" "$cross" "$plain" "$1"
    [ -z "${2:-}" ] || tail -n 5 "$2" 2>/dev/null | sed 's/^/      /'
}

# holds TEXT LOG TEST…: good if the test is true, otherwise bad.
holds() {
    local text=$1 log=$2
    shift 2
    if "$@"; then good "$text"; else bad "$text" "$log"; fi
}

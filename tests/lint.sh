#!/bin/bash
# Checks the sources without running them. Each check prints "ok NAME" or "FAIL NAME: why" and the offending places.
# usage: tests/lint.sh [BUILD-FOLDER]   (clang-tidy needs a build's compile_commands.json; without one it is left out)
# The last line is "N passed, N failed".
set -uo pipefail
# The last command of a pipe counts in this shell.
shopt -s lastpipe
cd "$(dirname "$0")/.." || exit 1
build=${1:-}
passed=0 failed=0

# verdict NAME WHY: reads the offending lines; none is a pass.
verdict() {
    local offences
    offences=$(cat)
    if [ -z "$offences" ]; then
        echo "ok $1"
        passed=$((passed + 1))
    else
        echo "FAIL $1: $2"
        printf '%s\n' "$offences" | sed 's/^/    /'
        failed=$((failed + 1))
    fi
}

sources() { find "$@" -type f \( -name '*.cc' -o -name '*.h' -o -name '*.c' -o -name '*.S' \) 2>/dev/null | sort; }
own_sources() { sources "$@" | grep -Ev '_test\.(cc|h)$'; }

# code FILE…: "file:line:text" of every line, comments and the contents of strings taken away.
# A comment "lint: allow NAME: reason", on the line or alone above it, keeps the line from the check of that name.
code() {
    awk '{
        line = $0
        allow = ""
        if (match(line, /lint: allow [a-z-]+/)) allow = substr(line, RSTART + 12, RLENGTH - 12)
        gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
        sub(/\/\/.*/, "", line)
        if (line !~ /[^ ]/) {
            if (allow != "") above = allow
            next
        }
        if (allow == "") allow = above
        above = ""
        print FILENAME ":" FNR ":" line (allow == "" ? "" : " \001" allow)
    }' "$@" </dev/null
}

# banned NAME PATTERN WHY FOLDER…: the pattern (of grep -E) stands nowhere in the code of these folders.
banned() {
    local name=$1 pattern=$2 why=$3
    shift 3
    local files
    mapfile -t files < <(own_sources "$@")
    [ ${#files[@]} -gt 0 ] || return 0
    code "${files[@]}" | grep -E ":[0-9]+:.*$pattern" | grep -v $'\001'"$name\$" | verdict "$name" "$why"
}

strict=(oci-spec runtime)
# What runs on the host's side of the clone; sys and init are where system calls are made.
below_cmd=(oci-spec runtime/base runtime/capability runtime/host runtime/cgroup runtime/plan runtime/rootfs runtime/seccomp runtime/hooks
    runtime/console runtime/network runtime/systemd runtime/resctrl runtime/launch runtime/checkpoint runtime/doctor
    runtime/container)
host_side=("${below_cmd[@]}" cmd/crux)
call='(^|[^A-Za-z0-9_.>:])(::)?'

banned no-exceptions '\b(throw|try|catch)\b *[({;A-Za-z]' \
    'a throw behind the clone unwinds into the story of the parent; failures are values' "${strict[@]}"
banned no-filesystem '#include <(filesystem|iostream|fstream|sstream|ostream|istream|regex|functional|thread)>' \
    'throws, walks paths by string, or is large: sys and base have what is needed' "${strict[@]}" cmd/crux
banned no-stdio "${call}(printf|fprintf|puts|fputs|perror|dprintf|vprintf)\(" \
    'errors are returned and printed once, by cmd/crux' "${strict[@]}"
banned no-fopen "${call}(fopen|freopen|opendir|tmpfile|tmpnam|mktemp|realpath)\(" \
    'follows what a name means now (CVE-2019-19921): files are opened below a held descriptor, by sys' "${host_side[@]}"
banned no-raw-open '(^|[^A-Za-z0-9_.>:])(::(open|openat|openat2|creat)\(|(open|openat)\([^)]*\bO_[A-Z])' \
    'a descriptor needs an owner and O_CLOEXEC (CVE-2024-21626): sys::open and its kin' "${below_cmd[@]}"
banned no-raw-mount "${call}(mount|umount|umount2|pivot_root|chroot)\(" \
    'a target checked as a path and then mounted by path can be swapped (CVE-2021-30465): mounts are descriptors' "${host_side[@]}"
banned no-chdir "${call}(chdir|fchdir)\(" \
    'the working directory belongs to the whole process (CVE-2024-21626): only init and the program change it' "${below_cmd[@]}"
banned no-shell "${call}(system|popen|execl|execlp|execvp)\(" \
    'finds a program by PATH or hands text to a shell: programs are started by path and vector' "${strict[@]}" cmd/crux
banned no-fork "${call}(fork|vfork|clone)\(" \
    'one place starts processes, so that each is waited for and none inherits what it should not' "${host_side[@]}"
banned no-loose-numbers '(\b(std::)?(stoi|stol|stoll|stoul|stoull|stod|atoi|atol|strtol|strtoul|sscanf)\()' \
    'takes "1x" for 1 or throws (CVE-2026-30892): to_number reads the whole text' "${strict[@]}" cmd/crux
banned no-strcpy "${call}(strcpy|strcat|sprintf|vsprintf|gets|alloca)\(" \
    'writes past the end' "${strict[@]}" cmd
banned no-sleep '((^|[^A-Za-z0-9_])::sleep|\b(usleep|nanosleep|clock_nanosleep|sleep_for|sleep_until))\(' \
    'a sleep in place of a handshake is a race: wait on a descriptor' "${host_side[@]}"
banned no-setenv '\b(setenv|putenv|unsetenv|clearenv)\(' \
    'the environment is what the caller gave' "${strict[@]}" cmd/crux
banned no-environment '\b(getenv|secure_getenv)\(' \
    'read where a command begins (container, launch, cmd) and handed down' oci-spec runtime/base runtime/sys \
    runtime/host runtime/plan runtime/init runtime/rootfs runtime/cgroup runtime/seccomp runtime/hooks runtime/network \
    runtime/doctor
banned no-format 'std::(format|print|println)\b' 'g++ 12 has none' "${strict[@]}" cmd
banned ascii-names '[^ -~[:space:]'$'\001'']' 'a letter that looks like another' "${strict[@]}" cmd
banned no-shared-state '\b(std::shared_ptr|std::any|dynamic_cast|thread_local)\b' \
    'one owner for each thing, and types known when compiled' "${strict[@]}"
banned only-one-macro '^ *# *define [A-Za-z_]+\(' \
    'TRY is the only macro that takes arguments' oci-spec runtime/host runtime/cgroup runtime/plan runtime/rootfs \
    runtime/seccomp runtime/hooks runtime/console runtime/network runtime/resctrl runtime/launch runtime/container cmd/crux

# Libraries of others, each behind one border.
outside() { # NAME HEADER WHY ALLOWED-FOLDERS-PATTERN
    sources cmd oci-spec runtime tests | grep -Ev "$4" | xargs -r grep -nE "#include <$2" | verdict "$1" "$3"
}
outside json-border 'nlohmann' 'JSON is seen in oci-spec only' '^(oci-spec|tests)/'
outside options-border 'cxxopts' 'cxxopts throws: it stays in cmd' '^cmd/'
outside seccomp-border 'seccomp\.h' 'libseccomp stays in runtime/seccomp' '^(runtime/seccomp|tests)/'
outside capability-border '(sys|linux)/capability\.h' 'libcap stays in runtime/capability; init makes its own calls' \
    '^(runtime/capability|tests)/'
outside netlink-border '(libmnl|linux/rtnetlink)' 'rtnetlink stays in runtime/network' '^(runtime/network|runtime/init|cmd/crux-net|tests)/'
outside catch-border 'catch2' 'tests/support/catch.h knows both versions' '^tests/support/(catch\.h|main\.cc)'

# What each folder may include, as design's table says; tests may include anything.
allowed_for() {
    case $1 in
        runtime/base) echo 'runtime/base' ;;
        runtime/capability) echo 'runtime/(base|capability)' ;;
        oci-spec) echo 'runtime/(base|capability/names)|oci-spec' ;;
        runtime/sys) echo 'runtime/(base|sys)' ;;
        runtime/host) echo 'runtime/(base|capability|sys|host)' ;;
        runtime/plan) echo 'runtime/(base|capability/names|plan)|oci-spec|runtime/host/facts|runtime/cgroup/(dirs|limits|devices)' ;;
        runtime/doctor) echo 'runtime/(base|capability/names|doctor)|oci-spec|runtime/host/(facts|survey)' ;;
        runtime/init) echo 'runtime/init|runtime/plan/layout' ;;
        runtime/rootfs) echo 'runtime/(base|sys|rootfs|host)' ;;
        runtime/cgroup) echo 'runtime/(base|sys|host|cgroup)|oci-spec' ;;
        runtime/seccomp) echo 'runtime/(base|sys|host|seccomp)|oci-spec' ;;
        runtime/hooks) echo 'runtime/(base|sys|host|hooks)|oci-spec' ;;
        runtime/network) echo 'runtime/(base|sys|host|network)|oci-spec' ;;
        runtime/resctrl) echo 'runtime/(base|sys|host|resctrl)|oci-spec' ;;
        runtime/systemd) echo 'runtime/(base|sys|host|systemd|hooks|cgroup/(dirs|limits))|oci-spec' ;;
        runtime/console) echo 'runtime/(base|sys|host|console)|oci-spec' ;;
        runtime/launch) echo 'runtime/(base|sys|host|plan|init|rootfs|cgroup|seccomp|hooks|network|resctrl|console|launch)|oci-spec' ;;
        runtime/container | runtime/checkpoint) echo 'runtime|oci-spec' ;;
        cmd/crux) echo 'cmd/crux|runtime/(base|container|plan/explain|host)|oci-spec' ;;
        *) echo '.*' ;;
    esac
}
layering() {
    local folder allowed
    for folder in oci-spec runtime/* cmd/crux; do
        [ -d "$folder" ] || continue
        allowed=$(allowed_for "$folder")
        own_sources "$folder" | xargs -r grep -nHE '^#include "' |
            grep -vE "#include \"($allowed)[/.]" | grep -vE "#include \"$allowed"
    done
}
layering | verdict layering 'includes what stands above it or beside it: see design'"'"'s table in docs/architecture.md'

own_sources cmd oci-spec runtime tests bundles | xargs -r awk '
    FNR == 1 && file != "" && lines > 600 { print file ": " lines " lines" }
    { file = FILENAME; lines = FNR }
    END { if (lines > 600) print file ": " lines " lines" }' |
    verdict file-length 'more than 600 lines is more than one thought'
own_sources cmd oci-spec runtime | grep '\.h$' | xargs -r grep -L '^#pragma once' | verdict pragma-once 'each header guards itself'
sources cmd oci-spec runtime tests | xargs -r grep -nE '\b(TODO|FIXME|XXX|HACK)\b' | verdict no-todo 'what is open is an issue'
sources cmd oci-spec runtime tests bundles | xargs -r grep -nE '[[:space:]]+$' | verdict trailing-blanks 'blanks at the end of a line'

if command -v clang-format-19 >/dev/null; then
    sources cmd oci-spec runtime tests bundles | grep -E '\.(cc|h|c)$' |
        xargs -r -n 40 clang-format-19 --dry-run -Werror 2>&1 |
        sed -n 's/:[0-9]*: error:.*//p' | cut -d: -f1 | sort | uniq -c |
        awk '{ print $2 ": " $1 " places" }' | verdict format 'run: clang-format-19 -i FILE'
else
    echo 'clang-format-19 is not installed' | verdict format 'needs the package clang-format-19'
fi

if command -v shellcheck >/dev/null; then
    { find . -name build -prune -o -name .git -prune -o -type f -name '*.sh' -print; echo .ci/run; echo tests/vm/run; } |
        sort | xargs shellcheck -x --source-path=SCRIPTDIR --shell=bash --format=gcc 2>&1 | verdict shellcheck 'shellcheck has a finding'
else
    echo 'shellcheck is not installed' | verdict shellcheck 'needs the package shellcheck'
fi

tidy() {
    # One word with the folders of the sources, tests aside: Catch2's macros are not ours to tidy.
    local found code=0
    found=$(timeout 1900 run-clang-tidy-19 -quiet -j "$(nproc)" -p "$build" \
        "$PWD/(cmd|oci-spec|runtime|tests/support)/.*(?<!_test)\.cc\$" 2>&1) || code=$?
    grep -E '(error|warning): ' <<<"$found" | sort -u
    case $code in
        0) ;;
        124) echo 'clang-tidy was not done in time' ;;
        # It may also have stopped without a finding.
        *) grep -qE '(error|warning): ' <<<"$found" || printf 'clang-tidy ended with %d\n%s\n' "$code" "$(tail -n 5 <<<"$found")" ;;
    esac
}
if [ -n "$build" ]; then
    if command -v run-clang-tidy-19 >/dev/null && [ -f "$build/compile_commands.json" ]; then
        tidy | verdict clang-tidy 'clang-tidy has a finding (see .clang-tidy)'
    else
        echo 'no run-clang-tidy-19, or no compile_commands.json' | verdict clang-tidy 'needs clang-tidy-19 and a build'
    fi
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]

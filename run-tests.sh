#!/bin/bash
# Installs the required packages, builds crux and runs all tests: the README's test command.
# usage: ./run-tests.sh [--quick]
# --quick skips the longer half: the unit and golden tests and the kept inputs of the fuzzers with
# AddressSanitizer and UndefinedBehaviorSanitizer, the virtual machines with other kernels, and clang-tidy for all sources.
# The last line is "N passed, N failed, N skipped". The exit status is 0 only if nothing failed.
set -uo pipefail
cd "$(dirname "$0")" || exit 1
# shellcheck source=scripts/as-root.sh
. scripts/as-root.sh

quick=no
case ${1:-} in
    '') ;;
    --quick) quick=yes ;;
    *) sed -n '2,6s/^# //p' "$0"; exit 1 ;;
esac

logs=build/logs
mkdir -p "$logs"
rm -f "$logs"/*.end
trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT
passed=0 failed=0 skipped=0
failures=()

# measured NAME SECONDS COMMAND…: runs the command with a time limit, its output in a log of that name, and writes its exit
# status and its seconds to NAME.end.
measured() {
    local name=$1 seconds=$2 begin=$SECONDS code=0
    shift 2
    timeout --kill-after=20 "$seconds" "$@" </dev/null >"$logs/$name.log" 2>&1 &
    wait $! || code=$?
    [ $code != 124 ] || echo "$name: timed out after $seconds seconds" >>"$logs/$name.log"
    echo "$code $((SECONDS - begin))" >"$logs/$name.end"
    return $code
}

# step NAME [SECONDS COMMAND…]: runs the command; without one it waits for the step of that name in the background.
step() {
    local name=$1 code seconds where=
    printf '%-34s' "$name"
    if [ $# -gt 1 ]; then
        measured "$@"
    else
        where=', in the background'
        # Its steps have time limits, so it ends.
        while ! [ -s "$logs/$name.end" ] && kill -0 "$background" 2>/dev/null; do sleep 0.2; done
    fi
    read -r code seconds <"$logs/$name.end"
    if [ "$code" = 0 ]; then
        printf 'done   %4d s%s\n' "$seconds" "$where"
    else
        printf 'FAILED %4d s%s\n' "$seconds" "$where"
        return 1
    fi
}

# must NAME [SECONDS COMMAND…]: a step that all later tests require.
must() {
    if ! step "$@"; then
        tail -n 60 "$logs/$1.log"
        failed=$((failed + 1))
        failures+=("$1")
        finish
    fi
}

attribute() { sed -n "/<testsuite/,/>/s/.*[[:space:]]$1=\"\([0-9]*\)\".*/\1/p" "$2" | head -n 1; }

# failed_tests LOG: CTest's output for each failed test, at most 200 lines.
failed_tests() {
    awk '/^ *[0-9]+\/[0-9]+ Test/ { show = /\*\*\*/ && !/Skipped/ } /^ *Start / { show = 0 } show' "$1" | head -n 200
}

# tests NAME SECONDS DIRECTORY ARGUMENTS…: runs CTest in a build directory and adds the numbers of its report.
tests() {
    local name=$1 seconds=$2 folder=$3 report
    shift 3
    report=$PWD/$logs/$name.xml
    rm -f "$report"
    step "$name" "$seconds" ctest --test-dir "$folder" --output-on-failure --no-tests=error \
        --output-junit "$report" "$@" || failed_tests "$logs/$name.log"
    if ! [ -s "$report" ]; then
        tail -n 40 "$logs/$name.log"
        failed=$((failed + 1))
        failures+=("$name")
        return
    fi
    local all bad unrun
    all=$(attribute tests "$report") bad=$(attribute failures "$report") unrun=$(attribute skipped "$report")
    failed=$((failed + bad)) skipped=$((skipped + unrun)) passed=$((passed + all - bad - unrun))
    printf '    %d passed, %d failed, %d skipped\n' $((all - bad - unrun)) "$bad" "$unrun"
    # The reason for each skip.
    grep -oE '(SKIPPED|LEFT OUT): .*' "$report" | sort | uniq -c | sed 's/^ */    /'
    [ "$bad" = 0 ] || failures+=("$name")
}

# left_out WHY: reports and counts a skip.
left_out() {
    echo "    SKIPPED: $1"
    skipped=$((skipped + 1))
}

# counted NAME: adds the numbers in the last line of a log.
counted() {
    local last
    last=$(tail -n 1 "$logs/$1.log")
    if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)?$ ]]; then
        passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2])) skipped=$((skipped + BASH_REMATCH[4]))
        echo "    $last"
        [ "${BASH_REMATCH[2]}" = 0 ] || failures+=("$1")
    else
        tail -n 20 "$logs/$1.log"
        failed=$((failed + 1))
        failures+=("$1")
    fi
}

# in_background: the steps that need processors, but no quiet host. They run in parallel with the tests, which wait most of
# the time, and at the lowest priority.
in_background() {
    trap 'kill "$(jobs -p)" 2>/dev/null; exit 1' TERM
    renice -n 19 -p "$BASHPID" >/dev/null
    if [ $quick = yes ]; then
        measured lint 600 tests/lint.sh --skip clang-tidy build/release
        return
    fi
    if [ $guests = yes ]; then
        measured aarch64-sysroot 300 cmake/sysroot.sh aarch64 &&
            measured aarch64-configure 120 cmake --preset aarch64 &&
            measured aarch64-build 1500 cmake --build --preset aarch64 --target crux smoke_tests -j "$jobs"
    fi
    measured configure-asan 120 cmake --preset asan &&
        measured build-asan 1500 cmake --build --preset asan --target unit_tests golden_tests fuzzers -j "$jobs"
    # clang-tidy needs the compile commands of the release build.
    measured lint 2000 tests/lint.sh build/release
}

# Other kinds of hosts.
vm() {
    if step aarch64-sysroot; then
        must aarch64-configure
        must aarch64-build
    else
        left_out "no build for aarch64: $(tail -n 1 "$logs/aarch64-sysroot.log")"
    fi
    # An emulated machine is slow, even more so in parallel with others: a cell that fails runs again, and the log has both runs.
    step vm 1200 tests/vm/matrix --quick --jobs "$jobs" --repeat --timeout 600 || true
    # One line for each cell and each repetition, then the failures.
    sed -n '/^| cell/q; / …$/!s/^/    /p' "$logs/vm.log" | head -n 100
    sed '1,/^| cell/d; /^|/d; $d' "$logs/vm.log" | head -n 200
    counted vm
}

lint() {
    step lint || true
    sed -n '/^FAIL/,/^ok/p' "$logs/lint.log" | head -n 200
    counted lint
}

finish() {
    echo
    [ ${#failures[@]} = 0 ] || echo "failed: ${failures[*]} (logs in $logs)"
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
    exit
}

# The tests compare the state of the whole host before and after.
export CRUX_TESTS_ALONE=1

jobs=$(nproc)
must packages 1800 scripts/install-packages.sh scripts/packages-build.txt scripts/packages-test.txt
guests=no
if [ $quick = no ]; then
    # If packages cannot be downloaded, this is reported and counted as a skip; the other tests run.
    if step vm-packages 900 scripts/install-packages.sh scripts/packages-vm.txt scripts/packages-aarch64.txt; then
        guests=yes
    else
        left_out "no virtual machines: $(tail -n 1 "$logs/vm-packages.log")"
    fi
fi
must configure-release 120 cmake --preset release
must build-release 1500 cmake --build --preset release -j "$jobs"
in_background &
background=$!
tests tests-release 1800 build/release -LE 'bench|callers' -j "$jobs"
# Other projects' programs, with their own timeouts: a case that fails runs again, and the log has both runs.
tests tests-callers 1500 build/release -L callers
if [ $quick = no ]; then
    [ $guests = no ] || vm
    must configure-asan
    must build-asan
    tests tests-asan 600 build/asan -L 'unit|golden|fuzz' -j "$jobs"
fi
lint
finish

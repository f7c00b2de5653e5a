#!/bin/bash
# Runs each fuzzer for a while, starting with the kept inputs, the bundles and the golden cases. New inputs are stored in
# the directory corpus of the build and used in later runs. A crash is saved there too, and its name printed.
# usage: tests/fuzz/run.sh [BUILD-DIRECTORY] [SECONDS] [FUZZER…]   (default: build/fuzz, 20 for each, all of them)
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build/fuzz}
seconds=${2:-20}
corpus=$build/corpus
failed=0 executions=0
tests/fuzz/make-corpus.py "$corpus"
kinds=("${@:3}")
[ ${#kinds[@]} -gt 0 ] || kinds=(tests/fuzz/corpus/*)
for kind in "${kinds[@]}"; do
    kind=${kind##*/}
    log=$corpus/$kind.log
    options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$corpus/crash-$kind-" -max_len=16384)
    case $kind in config | plan | process | resources | record | idmaps) options+=(-dict="$corpus/json.dict") ;; esac
    if "$build/fuzz-$kind" "${options[@]}" "$corpus/$kind" "tests/fuzz/corpus/$kind" >"$log" 2>&1; then
        done=$(grep -ao '[0-9]* runs in [0-9]* second' "$log" | tail -1)
        executions=$((executions + ${done%% *}))
        echo "ok $kind: ${done}s"
    else
        echo "FAIL $kind: see $log"
        grep -aE 'ERROR|SUMMARY|runtime error|Test unit written' "$log" | head -5 | sed 's/^/    /'
        failed=1
    fi
done
# The last line of times: the processor time of the fuzzers, user and system.
times >"$corpus/times"
echo "$executions executions, processor time $(tail -n 1 "$corpus/times")"
exit $failed

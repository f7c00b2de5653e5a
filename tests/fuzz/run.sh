#!/bin/bash
# Runs each fuzzer for a while, starting with the bundles and golden cases; saves a crash next to the corpus and prints its name.
# usage: tests/fuzz/run.sh [BUILD-FOLDER] [SECONDS]   (default: build/fuzz, 20 each; cmake --preset fuzz makes it)
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build/fuzz}
seconds=${2:-20}
corpus=$build/corpus
failed=0
tests/fuzz/make-corpus.py "$corpus"
for program in "$build"/fuzz-*; do
    [ -x "$program" ] || continue
    kind=${program##*/fuzz-}
    log=$corpus/$kind.log
    options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$corpus/crash-$kind-" -max_len=16384)
    case $kind in config | documents | record) options+=(-dict="$corpus/json.dict") ;; esac
    if "$program" "${options[@]}" "$corpus/$kind" >"$log" 2>&1; then
        echo "ok $kind: $(grep -ao '[0-9]* runs in [0-9]* second' "$log" | tail -1)s"
    else
        echo "FAIL $kind: see $log"
        grep -aE 'ERROR|SUMMARY|runtime error|Test unit written' "$log" | head -5 | sed 's/^/    /'
        failed=1
    fi
done
exit $failed

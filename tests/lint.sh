#!/bin/bash
# Checks the sources without running them: tests/lint/main.py says how it is called.
exec python3 -B "$(dirname "$0")/lint/main.py" "$@"

#!/bin/sh
# Runs inside the container that uses everything at once.
echo "I am process $$ of $(find /proc -maxdepth 1 -name '[0-9]*' | wc -l), user $(id -u), on the host $(hostname)."
echo "My capabilities: $(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status); seccomp mode $(sed -n 's/^Seccomp:[[:space:]]*//p' /proc/self/status)."
echo "My interfaces: $(cd /sys/class/net && echo *)"
echo "My root: $(cd / && echo *)"

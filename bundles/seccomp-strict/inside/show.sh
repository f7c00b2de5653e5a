#!/bin/sh
# Runs inside the container: a program gives up all system calls except read, write, exit and sigreturn.
mkfifo /tmp/words
crux-demo-strict kernel </tmp/words &
pid=$!
exec 3>/tmp/words
sleep 0.3
echo "mode $(sed -n 's/^Seccomp:[[:space:]]*//p' "/proc/$pid/status")"
kill -USR1 $pid
sleep 0.2
echo 'some words' >&3
wait $pid
echo "exit-code $?"

#!/bin/sh
# Runs inside the container: it can create any device node, but can use only the devices that its configuration lists.
try() { # NAME TYPE MAJOR MINOR
    rm -f "/tmp/$1"
    if ! mknod "/tmp/$1" "$2" "$3" "$4" 2>/dev/null; then
        echo "device $1 not-made"
    elif answer=$(dd if="/tmp/$1" of=/dev/null bs=16 count=1 2>&1); then
        echo "device $1 readable"
    else
        echo "device $1 $(echo "$answer" | sed -n 's/.*: //p' | head -n 1)"
    fi
}
echo "nodes $(find /dev -type c | sed 's,/dev/,,' | sort | tr '\n' ' ')"
try zero c 1 5
try physical-memory c 1 1
try kernel-log c 1 11
try first-disk b 8 0

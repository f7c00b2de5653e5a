#!/bin/sh
# Runs inside the container: writes 3 MiB without the page cache, and measures the time.
# /disk is a host directory on the disk that config.json throttles.
now() { cut -d. -f1 /proc/uptime | tr -d '\n'; cut -d. -f2 /proc/uptime | cut -c1-2 | cut -d' ' -f1; }
begin=$(now)
if ! dd if=/dev/zero of=/disk/demo-file bs=64k count=48 oflag=direct status=none; then
    echo "unsupported this filesystem does not support direct I/O"
    exit 0
fi
end=$(now)
rm -f /disk/demo-file
echo "bytes 3145728"
echo "took-ms $(((end - begin) * 10))"

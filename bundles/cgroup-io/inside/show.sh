#!/bin/sh
# Runs inside the container: writes 3 MiB past the page cache, and takes the time.
# /disk is a folder of the host, on the disk that config.json throttles.
now() { cut -d. -f1 /proc/uptime | tr -d '\n'; cut -d. -f2 /proc/uptime | cut -c1-2 | cut -d' ' -f1; }
begin=$(now)
if ! dd if=/dev/zero of=/disk/demo-file bs=64k count=48 oflag=direct status=none; then
    echo "unsupported this file system cannot write past its cache"
    exit 0
fi
end=$(now)
rm -f /disk/demo-file
echo "bytes 3145728"
echo "took-ms $(((end - begin) * 10))"

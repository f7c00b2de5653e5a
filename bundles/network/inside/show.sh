#!/bin/sh
# Runs inside the container: prints the interfaces and routes of its network namespace, and whether the host replies.
for interface in /sys/class/net/*; do
    name=${interface##*/}
    echo "interface $name $(ip -4 -o addr show dev "$name" | sed 's/.*inet \([^ ]*\).*/\1/')"
done
echo "routes $(ip route | wc -l)"
if [ -n "$PING" ]; then
    if ping -c 2 -W 2 "$PING" >/tmp/answer 2>&1; then
        echo "ping $PING answers"
    else
        echo "ping $PING $(tail -n 1 /tmp/answer)"
    fi
fi
# Gives the host time to ping this side.
[ -z "$LINGER" ] || sleep "$LINGER"

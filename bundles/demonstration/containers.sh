# shellcheck shell=bash disable=SC2154,SC2034
# Sourced by run-container.sh: the containers of the demonstration, and facts about the host. Uses $crux and $work.

# The prefix of every container's name; no other name on the host has it.
tag=crux-demo-$$

runtime() { "$crux" --root "$work/state" "$@"; }

# run BUNDLE [SECONDS]: runs the bundle in the foreground, its output in $log, its exit status in $code.
# For the shell it is a background job, so that an interruption ends the wait immediately.
run() {
    local id=$tag-$1
    log=$work/$1.log
    # The chroot bundle has no mount namespace; mounts of a runtime must not reach the host.
    local apart=()
    [ "$1" != chroot ] || apart=(unshare --mount --propagation private)
    timeout --foreground --signal=KILL "${2:-30}" "${apart[@]}" "$crux" --root "$work/state" run --bundle "$work/bundles/$1" "$id" \
        </dev/null >"$log" 2>&1 &
    code=0
    wait $! 2>/dev/null || code=$?
    runtime delete --force "$id" >/dev/null 2>&1 || true
}

# create BUNDLE: creates the container, which then waits; its pid in $pid, its output in $log.
create() {
    log=$work/$1.log
    runtime create --bundle "$work/bundles/$1" --pid-file "$work/$1.pid" "$tag-$1" </dev/null >"$log" 2>&1 || return 1
    pid=$(cat "$work/$1.pid")
}

status() { runtime state "$tag-$1" 2>/dev/null | sed -n 's/.*"status": *"\([a-z]*\)".*/\1/p'; }

# start BUNDLE: starts the created container.
start() { runtime start "$tag-$1" >>"$log" 2>&1; }

# finish BUNDLE SECONDS: waits until the container has stopped, at most this time, and deletes it.
finish() {
    local left=$(($2 * 10))
    while [ $left -gt 0 ] && [ "$(status "$1")" = running ]; do
        sleep 0.1 &
        wait $!
        left=$((left - 1))
    done
    runtime delete --force "$tag-$1" >/dev/null 2>&1
}

# value NAME: the value that the container printed for it.
value() { sed -n "s/^$1 //p" "$log" | head -n 1; }

# environment BUNDLE NAME=VALUE…: adds variables to the environment of its program.
environment() {
    local config=$work/bundles/$1/config.json word
    shift
    for word in "$@"; do
        sed -i "s|\"TERM=xterm\"|\"TERM=xterm\", \"$word\"|" "$config"
    done
}

# without_namespace BUNDLE KIND: removes the namespace and its settings from the configuration.
without_namespace() {
    local config=$work/bundles/$1/config.json
    sed -i "/{\"type\": \"$2\"}/d" "$config"
    case $2 in
        time) sed -i '/"timeOffsets": {/,/^        }/d' "$config" ;;
        user) sed -i -e '/"uidMappings": \[/,/^        \]/d' -e '/"gidMappings": \[/,/^        \]/d' "$config" ;;
    esac
}

# controller NAME: the mount point of the hierarchy with this cgroup controller, v1 first; false if there is none.
controller() {
    local point
    point=$(awk -v name="$1" '$0 ~ / - cgroup / && $NF ~ "(^|,)" name "(,|$)" { print $5; exit }' /proc/self/mountinfo)
    if [ -z "$point" ]; then
        point=$(awk '$0 ~ / - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
        [ -n "$point" ] || return 1
        case $1 in
            devices | freezer) ;;
            blkio) grep -qw io "$point/cgroup.controllers" || return 1 ;;
            *) grep -qw "$1" "$point/cgroup.controllers" || return 1 ;;
        esac
    fi
    printf '%s\n' "$point"
}

# cgroup_of PID CONTROLLER: the directory of the process's cgroup.
cgroup_of() {
    local point
    point=$(controller "$2") || return 1
    if [ -e "$point/cgroup.controllers" ]; then
        printf '%s%s\n' "$point" "$(sed -n 's/^0:://p' "/proc/$1/cgroup")"
    else
        printf '%s%s\n' "$point" "$(sed -nE "s/^[0-9]+:([^:]*,)?$2(,[^:]*)?://p" "/proc/$1/cgroup")"
    fi
}

queue=''

# Removes the message queue that shows the effect of the ipc namespace.
remove_queue() {
    [ -z "$queue" ] || ipcrm --queue-id "$queue" 2>/dev/null
    queue=''
}

cgroup_kind() {
    local v1 v2
    v1=$(grep -c ' - cgroup ' /proc/self/mountinfo)
    v2=$(grep -c ' - cgroup2 ' /proc/self/mountinfo)
    case $((v1 > 0))$((v2 > 0)) in
        11) echo 'hybrid (version 1 and version 2)' ;;
        10) echo 'version 1' ;;
        01) echo 'version 2' ;;
        *) echo 'none' ;;
    esac
}

# Deletes every container of the demonstration, in whatever state it is, and the work directory.
clean_up() {
    trap '' INT TERM HUP
    local folder
    remove_queue
    # It remains if the container was killed while writing.
    rm -f "$here/bundles/cgroup-io/disk/demo-file"
    # First stop a create that is running: it would continue in the directory that is removed below.
    local job
    for job in $(jobs -p); do kill "$job" 2>/dev/null; done
    wait
    for folder in "$work"/state/*/; do
        [ -d "$folder" ] || continue
        timeout 10 "$crux" --root "$work/state" delete --force "$(basename "$folder")" >/dev/null 2>&1
    done
    rm -rf --one-file-system "$work"
}

# Prints what is left of the demonstration: nothing after a complete clean-up.
leftovers() {
    find /sys/fs/cgroup -type d -name "$tag-*" 2>/dev/null
    grep -F "$work" /proc/self/mountinfo
    grep -o "$tag"'[^ ]*' /proc/net/dev
    [ ! -e "$work" ] || echo "$work"
}

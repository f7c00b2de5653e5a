# shellcheck shell=bash disable=SC2154
# Sourced by run-container.sh: the parts of the demonstration, in order. Each claim stands beside its live proof.

# has_namespace user|time: whether this kernel makes them.
has_namespace() { [ -e "/proc/self/ns/$1" ] && { [ "$1" != user ] || unshare --user true 2>/dev/null; }; }

show_namespaces() {
    part 'Eight namespaces: its own copy of what others share'
    words 'A container is an ordinary process. What sets it apart: for each of eight things that processes share,' \
        'the kernel gave it a copy of its own, a namespace. Each namespace has a number; two processes with the same' \
        'number share it. Compare this shell with the process in the container:'
    local kind here there same='' absent=''
    for kind in user time; do
        if ! has_namespace $kind; then
            without_namespace namespaces $kind
            absent="$absent $kind"
        fi
    done
    # Something for the ipc namespace to hide; clean_up removes it where this is interrupted.
    # shellcheck disable=SC2034
    command -v ipcmk >/dev/null && queue=$(ipcmk --queue | tr -dc 0-9)
    create namespaces || { bad 'the container was not made' "$log"; return; }
    local queues place
    queues=$(($(wc -l </proc/sysvipc/msg 2>/dev/null || echo 1) - 1))
    place=$(sed -nE 's/^[0-9]+:(memory|)://p' "/proc/$pid/cgroup" | head -n 1)
    start namespaces
    finish namespaces 10
    remove_queue
    printf '\n'
    pair 'namespace' 'on the host' 'in the container'
    for kind in cgroup ipc mnt net pid time user uts; do
        here=$(readlink /proc/self/ns/$kind 2>/dev/null | tr -dc 0-9)
        there=$(value "namespace $kind")
        pair "$kind" "${here:-none}" "${there:-none}"
        case " $absent " in *" $kind "*) continue ;; esac
        [ -n "$there" ] && [ "$here" != "$there" ] || same="$same $kind"
    done
    holds 'each number differs' "$log" test -z "$same"
    [ -z "$absent" ] || cannot "namespaces that this kernel refuses:$absent"

    claim 'What each is good for, and what the same container looks like from both sides:'
    pair '' 'on the host' 'in the container'
    pair 'uts: host name' "$(cat /proc/sys/kernel/hostname)" "$(value hostname)"
    pair 'pid: its number' "$pid" "$(value pid)"
    pair 'pid: processes seen' "$(find /proc -maxdepth 1 -name '[0-9]*' | wc -l)" "$(value processes)"
    pair 'net: interfaces' "$(find /sys/class/net -mindepth 1 -printf '%f ')" "$(value interfaces)"
    pair 'user: who is user 0' 'user 0' "user $(value uid-map | cut -d' ' -f2) of the host"
    pair 'time: days since boot' "$(($(cut -d. -f1 /proc/uptime) / 86400))" "$(value uptime-days)"
    pair 'mnt: mounts' "$(wc -l </proc/self/mountinfo)" "$(value mounts)"
    pair 'cgroup: its place' ".../${place##*/}" "$(value cgroup)"
    pair 'ipc: message queues' "$queues" "$(value queues)"
    holds 'it is process 1 there, and knows no other host name' "$log" test "$(value pid) $(value hostname)" = '1 namespaces'
}

show_memory() {
    claim 'Memory: 32 MiB, and who takes more is killed, alone. The kernel tells whoever listens.'
    controller memory >/dev/null || { cannot 'no memory controller'; return; }
    create cgroup-memory || { bad 'the container was not made' "$log"; return; }
    local watcher told=$work/told
    "$work/bundles/rootfs/bin/crux-demo" watch-memory "$(cgroup_of "$pid" memory)" 15 >"$told" 2>&1 &
    watcher=$!
    local tries=50
    until grep -qs . "$told" || [ $((tries -= 1)) = 0 ]; do sleep 0.1; done
    start cgroup-memory
    finish cgroup-memory 15
    wait $watcher
    proof 'limit' "$(value limit) bytes"
    proof 'the greedy process' "ended with $(value exit-code): 128 + 9, SIGKILL"
    proof 'kills, says the kernel' "$(value kills)"
    sed 's/^/    from outside               /' "$told"
    holds 'one process was killed, the shell beside it lived on' "$log" test "$(value exit-code)" = 137
    holds 'the host was told at that moment' "$told" grep -q '^notified' "$told"
}

show_cpu() {
    claim 'Processor, by bandwidth: 20 of each 100 milliseconds, even when nobody else wants it.'
    controller cpu >/dev/null || { cannot 'no cpu controller'; return; }
    run cgroup-cpu
    local given wall
    given=$(value cpu-ms) wall=$(value wall-ms)
    proof 'worked' "${wall:-?} ms without a pause"
    proof 'was given' "${given:-?} ms, in $(value throttled) periods cut short"
    holds 'about a fifth' "$log" test "${given:-0}" -gt 200 -a "${given:-9999}" -lt $((${wall:-0} * 35 / 100))

    claim 'Processor, by shares: 1024 against 256, on the same processor, at the same time.'
    controller cpuset >/dev/null || { cannot 'no cpuset controller to put both on one processor'; return; }
    local kind full quarter until
    # Both work up to the same moment: whoever is alone at the end would be given everything.
    until=$(($(cut -d ' ' -f 1 /proc/uptime | tr -d .) + 350))
    for kind in full quarter; do
        environment cgroup-cpu-shares-$kind WORK_UNTIL=$until
        create cgroup-cpu-shares-$kind || { bad 'the container was not made' "$log"; return; }
    done
    for kind in full quarter; do start cgroup-cpu-shares-$kind; done
    for kind in full quarter; do finish cgroup-cpu-shares-$kind 15; done
    log=$work/cgroup-cpu-shares-full.log full=$(value cpu-ms)
    log=$work/cgroup-cpu-shares-quarter.log quarter=$(value cpu-ms)
    proof '1024 shares were given' "${full:-?} ms"
    proof '256 shares were given' "${quarter:-?} ms"
    # Four to one in theory; other work on that processor blurs it.
    holds 'about four to one' "$log" test "${full:-0}" -gt $((${quarter:-9999} * 2))
}

show_pids() {
    claim 'Processes: 16 at most, so that a storm of forks hurts nobody else.'
    controller pids >/dev/null || { cannot 'no pids controller'; return; }
    run cgroup-pids
    proof 'wanted' "$(value wanted) processes"
    proof 'running at the end' "$(value running), limit $(value limit)"
    proof 'the kernel said' "$(value refusal)"
    holds 'the storm stopped at the limit' "$log" test "$(value running)" -le 16 -a "$(value running)" -gt 8
}

show_io() {
    claim 'Disk transfers: 1 MiB a second on one disk.'
    controller blkio >/dev/null || { cannot 'no block I/O controller'; return; }
    local point disk=$work/bundles/cgroup-io/disk
    point=$(controller blkio)
    if ! [ -e "$point/cgroup.controllers" ] && ! [ -e "$point/blkio.throttle.write_bps_device" ]; then
        cannot 'this kernel cannot throttle block devices'
        return
    fi
    # A /tmp in memory is no disk; the sources may be on one.
    local config=$work/bundles/cgroup-io/config.json
    if "$here/bundles/cgroup-io/for-this-host.sh" "$disk" >"$work/io.json" 2>"$work/why"; then
        mv "$work/io.json" "$config"
    elif "$here/bundles/cgroup-io/for-this-host.sh" >"$work/io.json" 2>>"$work/why"; then
        sed "s|\"source\": \"disk\"|\"source\": \"$here/bundles/cgroup-io/disk\"|" "$work/io.json" >"$config"
    else
        cannot "$(tail -n 1 "$work/why")"
        return
    fi
    run cgroup-io
    if [ -n "$(value unsupported)" ]; then cannot "$(value unsupported)"; return; fi
    proof 'written' "$(value bytes) bytes"
    proof 'took' "$(value took-ms) ms"
    holds 'three seconds for 3 MiB' "$log" test "$(value took-ms)" -gt 2000
}

show_devices() {
    claim 'Devices: root may make the node, but not open what is not listed.'
    controller devices >/dev/null || { cannot 'no devices controller'; return; }
    run devices
    proof '/dev/zero' "$(value 'device zero')"
    proof "the machine's memory" "$(value 'device physical-memory')"
    proof "the machine's first disk" "$(value 'device first-disk')"
    holds 'only the listed one opens' "$log" test "$(value 'device zero')" = readable -a \
        "$(value 'device physical-memory')$(value 'device first-disk')" = 'Operation not permittedOperation not permitted'
}

show_cgroups() {
    part 'Cgroups: how much it may use'
    words 'Namespaces say what a process sees; cgroups say how much it gets. A cgroup is a folder in a file system of the' \
        'kernel; its files hold the limits, and processes are put in. This host has cgroups of' "$(cgroup_kind)."
    show_memory
    show_cpu
    show_pids
    show_io
    show_devices
}

show_network() {
    part 'Network: a cable between two worlds'
    words 'A new network namespace has nothing but a loopback interface. A veth pair is a cable with two ends: one stays on' \
        'the host, the other is moved into the container. crux-net makes it by talking to the kernel over netlink.'
    local net
    net=$(dirname "$crux")/crux-net
    if ! [ -x "$net" ]; then cannot 'crux-net is not built'; return; fi
    # Networks set apart for documentation; this host may use one all the same.
    local network outside inside
    for network in 198.51.100 203.0.113 192.0.2; do
        grep -qF " $network." /proc/net/fib_trie 2>/dev/null || break
    done
    outside=$network.1 inside=$network.2
    environment network PING=$outside LINGER=4
    create network || { bad 'the container was not made' "$log"; return; }
    if ! "$net" veth --host "cx$$" --host-address $outside/30 --peer eth0 --peer-address $inside/30 --pid "$pid" \
        >"$work/net.log" 2>&1; then
        finish network 0
        if grep -q 'not supported' "$work/net.log"; then
            cannot 'this kernel has no veth devices'
        else
            bad 'the pair was not made' "$work/net.log"
        fi
        return
    fi
    start network
    claim 'Both ends answer each other:'
    proof 'interfaces inside' "$(grep -c ^interface "$log")"
    if "$busybox" ping -c 2 -w 3 $inside >"$work/ping.log" 2>&1; then
        proof "host to $inside" "$(grep -c 'bytes from' "$work/ping.log") answers"
        good 'the host reaches the container'
    else
        bad 'the host reaches the container' "$work/ping.log"
    fi
    finish network 15
    proof "container to $outside" "$(value "ping $outside")"
    proof 'eth0 inside' "$(value 'interface eth0')"
    holds 'the container reaches the host' "$log" test "$(value "ping $outside")" = answers
    holds 'the cable is gone with the container' "$log" test ! -e "/sys/class/net/cx$$"
}

show_seccomp() {
    part 'Seccomp: which system calls it may make'
    words 'Everything a program wants from the kernel is a system call. A seccomp filter is a small program that the' \
        'kernel runs before each of them. This container is root with CAP_SYS_ADMIN: only the filter stops it.'
    run seccomp-filter
    proof 'mode' "$(value mode) (0 none, 1 strict, 2 filter)"
    local call
    for call in getpid mount unshare personality; do proof "$call" "$(value "call $call")"; done
    proof 'swapon' "$(value 'call swapon') (killed by SIGSYS)"
    holds 'dangerous calls are refused, harmless ones go through' "$log" test \
        "$(value 'call getpid' | cut -c1-6) $(value 'call swapon' | cut -c1-8)" = 'code 0 code 159'

    claim 'The strict set: read, write, exit and sigreturn, and nothing else.'
    if ! [ -x "$work/bundles/rootfs/bin/crux-demo-strict" ]; then cannot 'crux-demo-strict is not built'; return; fi
    run seccomp-strict
    proof 'mode' "$(value mode)"
    grep -E '^(write|read|sigreturn|getpid):' "$log" | sed 's/^/    /'
    holds 'four calls work; the fifth is the end (137: SIGKILL)' "$log" test "$(value mode) $(value exit-code)" = '1 137'
}

show_mounts() {
    part 'Mounts and pivot_root: another root'
    words 'In its mount namespace the container gets a tree of its own. pivot_root makes that tree the root and takes the' \
        'old one away: there is no way back, because nothing is there any more.'
    run mounts-pivot-root
    proof 'root of the host' "$(find / -maxdepth 1 -mindepth 1 -printf '%f ' | cut -c1-50)"
    proof 'root of the container' "$(value root)"
    proof 'write to the root' "$(value 'try write-root')"
    proof 'write to /proc/sys' "$(value 'try write-sysctl')"
    proof 'write to a bound folder' "$(value 'try write-data')"
    proof 'read the bound folder' "$(value 'try read-data')"
    proof 'write to the tmpfs' "$(value 'try write-tmpfs')"
    proof 'a covered file' "/proc/keys has $(value masked-bytes) bytes"
    holds 'read-only is read-only' "$log" test "$(value 'try write-root')" = 'Read-only file system'
    claim 'The old trick to leave another root (a second chroot, then ".." many times):'
    proof 'the attempt' "$(value escape)"
    proof 'its root afterwards' "$(value escape-root)"
    holds 'it stays where it is' "$log" test "$(value escape)" = failed
}

show_chroot() {
    part 'chroot: the weaker way'
    words 'chroot only changes where "/" points for a process; the old tree is still there. So the same trick, with the' \
        'capability that it needs, walks out. crux uses chroot where there is no mount namespace, or with --no-pivot.'
    run chroot
    proof 'the attempt' "$(value escape)"
    proof 'its root afterwards' "$(value escape-root | cut -c1-60)"
    holds 'it got out: that is why pivot_root' "$log" test "$(value escape)" = succeeded
}

show_capabilities() {
    part 'Capabilities: root without its powers'
    words "What root may do is divided into capabilities, $(($(cat /proc/sys/kernel/cap_last_cap) + 1)) of them on this kernel. This" \
        'process is user 0, not even in a user namespace, but has two: changing the owner of files, and low ports.'
    run capabilities
    proof 'mine, here' "$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)"
    proof "the container's" "$(value 'set CapEff')"
    proof 'can ever get' "$(value 'set CapBnd')"
    local what
    for what in chown hostname mount change-root make-device; do proof "$what" "$(value "try $what")"; done
    holds 'only what it kept works' "$log" test "$(value 'try chown') $(value 'try hostname')" = 'done Operation not permitted'
}

show_all() {
    part 'All of it, in one container'
    words 'What Docker, Podman and Kubernetes start is exactly this: all of the above at once, described by one' \
        'config.json (bundles/demonstration/config.json). What crux makes of it: ./run-container.sh --explain'
    local kind
    for kind in user time; do has_namespace $kind || without_namespace demonstration $kind; done
    local begin end
    begin=$(date +%s%N)
    run demonstration
    end=$(date +%s%N)
    sed 's/^/    /' "$log"
    proof 'from start to end' "$(((end - begin) / 1000000)) ms"
    holds 'it ran' "$log" test "$code" = 0
}

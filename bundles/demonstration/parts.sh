# shellcheck shell=bash disable=SC2154
# Sourced by run-container.sh: the parts of the demonstration, in order. Each claim is followed by its evidence.

# has_namespace user|time: whether this kernel can create such namespaces.
has_namespace() { [ -e "/proc/self/ns/$1" ] && { [ "$1" != user ] || unshare --user true 2>/dev/null; }; }

show_namespaces() {
    part 'Eight namespaces: what the container sees'
    words 'A container is an ordinary process. It differs from others in its namespaces: for each of eight resources that' \
        'processes normally share, the kernel gives it a separate instance. Each namespace has a number; processes with' \
        'the same number share the namespace. Compare this shell with the process in the container:'
    local kind here there same='' absent=''
    for kind in user time; do
        if ! has_namespace $kind; then
            without_namespace namespaces $kind
            absent="$absent $kind"
        fi
    done
    # A queue for the ipc namespace to hide; clean_up removes it if the script is interrupted.
    # shellcheck disable=SC2034
    command -v ipcmk >/dev/null && queue=$(ipcmk --queue | tr -dc 0-9)
    create namespaces || { bad 'the container was not created' "$log"; return; }
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
    holds 'all numbers differ' "$log" test -z "$same"
    [ -z "$absent" ] || cannot "this kernel does not support these namespaces:$absent"

    claim 'The effect of each namespace: the same container, seen from the host and from inside:'
    pair '' 'on the host' 'in the container'
    pair 'uts: hostname' "$(cat /proc/sys/kernel/hostname)" "$(value hostname)"
    pair 'pid: process ID' "$pid" "$(value pid)"
    pair 'pid: visible processes' "$(find /proc -maxdepth 1 -name '[0-9]*' | wc -l)" "$(value processes)"
    pair 'net: interfaces' "$(find /sys/class/net -mindepth 1 -printf '%f ')" "$(value interfaces)"
    pair 'user: user 0 is' 'user 0' "user $(value uid-map | cut -d' ' -f2) of the host"
    pair 'time: days since boot' "$(($(cut -d. -f1 /proc/uptime) / 86400))" "$(value uptime-days)"
    pair 'mnt: mounts' "$(wc -l </proc/self/mountinfo)" "$(value mounts)"
    pair 'cgroup: path' ".../${place##*/}" "$(value cgroup)"
    pair 'ipc: message queues' "$queues" "$(value queues)"
    holds 'inside, it is process 1 and sees only its own hostname' "$log" test "$(value pid) $(value hostname)" = '1 namespaces'
}

show_memory() {
    claim 'Memory: at most 32 MiB. The kernel kills only the process that exceeds the limit, and notifies the host.'
    controller memory >/dev/null || { cannot 'there is no memory controller'; return; }
    create cgroup-memory || { bad 'the container was not created' "$log"; return; }
    local watcher notified=$work/notified
    "$work/bundles/rootfs/bin/crux-demo" watch-memory "$(cgroup_of "$pid" memory)" 15 >"$notified" 2>&1 &
    watcher=$!
    local tries=50
    until grep -qs . "$notified" || [ $((tries -= 1)) = 0 ]; do sleep 0.1; done
    start cgroup-memory
    finish cgroup-memory 15
    wait $watcher
    proof 'limit' "$(value limit) bytes"
    proof 'exit status' "$(value exit-code): 128 + 9, SIGKILL"
    proof 'kills (kernel counter)' "$(value kills)"
    sed 's/^/    on the host                /' "$notified"
    holds 'one process was killed; the shell in the same cgroup continued' "$log" test "$(value exit-code)" = 137
    holds 'the host was notified when it happened' "$notified" grep -q '^notified' "$notified"
}

show_cpu() {
    claim 'CPU, by bandwidth: 20 ms in each period of 100 ms, even if the CPU is otherwise idle.'
    controller cpu >/dev/null || { cannot 'there is no cpu controller'; return; }
    run cgroup-cpu
    local given wall
    given=$(value cpu-ms) wall=$(value wall-ms)
    proof 'running without a pause' "${wall:-?} ms"
    proof 'CPU time' "${given:-?} ms; throttled in $(value throttled) periods"
    holds 'it got about a fifth of the time' "$log" test "${given:-0}" -gt 200 -a "${given:-9999}" -lt $((${wall:-0} * 35 / 100))

    claim 'CPU, by shares: 1024 against 256, on the same CPU at the same time.'
    controller cpuset >/dev/null || { cannot 'there is no cpuset controller to bind both to one CPU'; return; }
    local kind full quarter until
    # Both run until the same time: a container that is alone at the end would get all of the CPU.
    until=$(($(cut -d ' ' -f 1 /proc/uptime | tr -d .) + 350))
    for kind in full quarter; do
        environment cgroup-cpu-shares-$kind WORK_UNTIL=$until
        create cgroup-cpu-shares-$kind || { bad 'the container was not created' "$log"; return; }
    done
    for kind in full quarter; do start cgroup-cpu-shares-$kind; done
    for kind in full quarter; do finish cgroup-cpu-shares-$kind 15; done
    log=$work/cgroup-cpu-shares-full.log full=$(value cpu-ms)
    log=$work/cgroup-cpu-shares-quarter.log quarter=$(value cpu-ms)
    proof 'CPU time, 1024 shares' "${full:-?} ms"
    proof 'CPU time, 256 shares' "${quarter:-?} ms"
    # Four to one in theory; other load on that CPU changes it.
    holds 'the ratio is about four to one' "$log" test "${full:-0}" -gt $((${quarter:-9999} * 2))
}

show_pids() {
    claim 'Processes: at most 16, so that a fork bomb does not affect the host.'
    controller pids >/dev/null || { cannot 'there is no pids controller'; return; }
    run cgroup-pids
    proof 'requested' "$(value wanted) processes"
    proof 'running at the end' "$(value running), limit $(value limit)"
    proof 'error from the kernel' "$(value refusal)"
    holds 'the kernel stopped it at the limit' "$log" test "$(value running)" -le 16 -a "$(value running)" -gt 8
}

show_io() {
    claim 'Disk I/O: 1 MiB per second on one disk.'
    controller blkio >/dev/null || { cannot 'there is no block I/O controller'; return; }
    local point disk=$work/bundles/cgroup-io/disk
    point=$(controller blkio)
    if ! [ -e "$point/cgroup.controllers" ] && ! [ -e "$point/blkio.throttle.write_bps_device" ]; then
        cannot 'this kernel cannot throttle block devices'
        return
    fi
    # /tmp may be in memory; the sources may be on a disk.
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
    proof 'time' "$(value took-ms) ms"
    holds '3 MiB took three seconds' "$log" test "$(value took-ms)" -gt 2000
}

show_devices() {
    claim 'Devices: root can create any device node, but can open only devices on the list.'
    controller devices >/dev/null || { cannot 'there is no devices controller'; return; }
    run devices
    proof '/dev/zero' "$(value 'device zero')"
    proof "the machine's memory" "$(value 'device physical-memory')"
    proof "the machine's first disk" "$(value 'device first-disk')"
    holds 'only the device on the list can be opened' "$log" test "$(value 'device zero')" = readable -a \
        "$(value 'device physical-memory')$(value 'device first-disk')" = 'Operation not permittedOperation not permitted'
}

show_cgroups() {
    part 'Cgroups: how much the container may use'
    words 'Namespaces limit what a process sees; cgroups limit what it uses. A cgroup is a directory in a filesystem of the' \
        'kernel. It contains processes, and its files contain the limits. Cgroups on this host:' "$(cgroup_kind)."
    show_memory
    show_cpu
    show_pids
    show_io
    show_devices
}

show_network() {
    part 'Network: a link between the host and the container'
    words 'A new network namespace has only a loopback interface. A veth pair is a virtual cable: one end stays on the host,' \
        'the other is moved to the container. crux-net creates the pair through netlink.'
    local net
    net=$(dirname "$crux")/crux-net
    if ! [ -x "$net" ]; then cannot 'crux-net is not built'; return; fi
    # Networks that are reserved for documentation; this host may use one of them nevertheless.
    local network outside inside
    for network in 198.51.100 203.0.113 192.0.2; do
        grep -qF " $network." /proc/net/fib_trie 2>/dev/null || break
    done
    outside=$network.1 inside=$network.2
    environment network PING=$outside LINGER=4
    create network || { bad 'the container was not created' "$log"; return; }
    if ! "$net" veth --host "cx$$" --host-address $outside/30 --peer eth0 --peer-address $inside/30 --pid "$pid" \
        >"$work/net.log" 2>&1; then
        finish network 0
        if grep -q 'not supported' "$work/net.log"; then
            cannot 'this kernel has no veth devices'
        else
            bad 'the veth pair was not created' "$work/net.log"
        fi
        return
    fi
    start network
    claim 'Each end can reach the other:'
    proof 'interfaces inside' "$(grep -c ^interface "$log")"
    if "$busybox" ping -c 2 -w 3 $inside >"$work/ping.log" 2>&1; then
        proof "host to $inside" "$(grep -c 'bytes from' "$work/ping.log") replies"
        good 'the host reaches the container'
    else
        bad 'the host reaches the container' "$work/ping.log"
    fi
    finish network 15
    proof "container to $outside" "$(value "ping $outside")"
    proof 'eth0 inside' "$(value 'interface eth0')"
    holds 'the container reaches the host' "$log" test "$(value "ping $outside")" = answers
    holds 'the veth pair was removed with the container' "$log" test ! -e "/sys/class/net/cx$$"
}

show_seccomp() {
    part 'Seccomp: which system calls the container may make'
    words 'A program uses the kernel through system calls. A seccomp filter is a small program that the kernel runs before' \
        'each of them. This container is root with CAP_SYS_ADMIN, so only the filter restricts it.'
    run seccomp-filter
    proof 'mode' "$(value mode) (0 none, 1 strict, 2 filter)"
    local call
    for call in getpid mount unshare personality; do proof "$call" "$(value "call $call")"; done
    proof 'swapon' "$(value 'call swapon') (killed by SIGSYS)"
    holds 'the filter blocks dangerous calls and allows harmless ones' "$log" test \
        "$(value 'call getpid' | cut -c1-6) $(value 'call swapon' | cut -c1-8)" = 'code 0 code 159'

    claim 'Strict mode: only read, write, exit and sigreturn.'
    if ! [ -x "$work/bundles/rootfs/bin/crux-demo-strict" ]; then cannot 'crux-demo-strict is not built'; return; fi
    run seccomp-strict
    proof 'mode' "$(value mode)"
    grep -E '^(write|read|sigreturn|getpid):' "$log" | sed 's/^/    /'
    holds 'four calls work; the fifth kills the process (137: SIGKILL)' "$log" test "$(value mode) $(value exit-code)" = '1 137'
}

show_mounts() {
    part 'Mounts and pivot_root: a new root'
    words 'In its mount namespace the container has its own tree. pivot_root makes this tree the root and removes the old' \
        'one. A process cannot return to the old root, because it no longer exists in the namespace.'
    run mounts-pivot-root
    proof 'root of the host' "$(find / -maxdepth 1 -mindepth 1 -printf '%f ' | cut -c1-50)"
    proof 'root of the container' "$(value root)"
    proof 'write to the root' "$(value 'try write-root')"
    proof 'write to /proc/sys' "$(value 'try write-sysctl')"
    proof 'write to a bind mount' "$(value 'try write-data')"
    proof 'read from the bind mount' "$(value 'try read-data')"
    proof 'write to the tmpfs' "$(value 'try write-tmpfs')"
    proof 'a masked file' "/proc/keys has $(value masked-bytes) bytes"
    holds 'the root cannot be written' "$log" test "$(value 'try write-root')" = 'Read-only file system'
    claim 'A known method to escape from a root (a second chroot, then ".." many times):'
    proof 'the attempt' "$(value escape)"
    proof 'its root afterwards' "$(value escape-root)"
    holds 'it cannot escape' "$log" test "$(value escape)" = failed
}

show_chroot() {
    part 'chroot: the weaker method'
    words 'chroot only changes the meaning of "/" for a process; the old tree still exists. So the same method, with the' \
        'capability that it requires, escapes. crux uses chroot only without a mount namespace, or with --no-pivot.'
    run chroot
    proof 'the attempt' "$(value escape)"
    proof 'its root afterwards' "$(value escape-root | cut -c1-60)"
    holds 'it escaped, which is why containers use pivot_root' "$log" test "$(value escape)" = succeeded
}

show_capabilities() {
    part 'Capabilities: root with few privileges'
    words "The privileges of root are divided into $(($(cat /proc/sys/kernel/cap_last_cap) + 1)) capabilities on this kernel. This" \
        'process is user 0 in the host user namespace, but has only two: to change the owner of files, and to use low ports.'
    run capabilities
    proof 'of this shell' "$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)"
    proof 'of the container' "$(value 'set CapEff')"
    proof 'maximum (bounding set)' "$(value 'set CapBnd')"
    local what
    for what in chown hostname mount change-root make-device; do proof "$what" "$(value "try $what")"; done
    holds 'only operations that its capabilities allow succeed' "$log" test "$(value 'try chown') $(value 'try hostname')" = 'done Operation not permitted'
}

show_all() {
    part 'Everything in one container'
    words 'Docker, Podman and Kubernetes start such containers: all of the above at once, described by one config.json' \
        '(bundles/demonstration/config.json). To see what crux does for it: ./run-container.sh --explain'
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

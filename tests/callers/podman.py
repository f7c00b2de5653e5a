"""Podman and conmon as root."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import support
from support import IMAGE, RUNTIME, WORK, Caller, case, run, wait_until


class Podman(Caller):
    command = ["podman"]
    # The storage driver's, on itself.
    own_mounts = {"/var/lib/containers/storage/overlay"}

    def start(self):
        support.write_documented("/etc/containers/containers.conf")
        if not support.can_raise_limits():
            # podman asks for as many open files and processes as the kernel allows, and only CAP_SYS_RESOURCE may
            # have more than it had: refused here with every runtime.
            print("podman: default_ulimits are lowered, hard limits cannot be raised on this machine")
            with open("/etc/containers/containers.conf", "a") as file:
                file.write('\n[containers]\ndefault_ulimits = ["nofile=1024:2048", "nproc=1000:1000"]\n')
        _, archive = support.make_rootfs()
        done = run(["podman", "import", str(archive), IMAGE])
        self.expect(done.code == 0, done.err)

    def run(self, *words, network="none", **how):
        return self("run", self.parent(), f"--network={network}", *words, **how)

    def parent(self):
        """The option for the cgroup above: a path, or a slice."""
        return f"--cgroup-parent={'' if support.SYSTEMD else '/'}{self.cgroup_parent}"

    def detached(self, name, *words):
        """A container of this name that stays, by default asleep."""
        self.run("-d", "--name", name, *words[:-1] if words else [], IMAGE, *(words[-1] if words else ["sleep", "1000"]))

    def inspect(self, name, field, **how):
        return self("inspect", "-f", field, name, **how).out.strip()

    def remove(self, *names):
        self("rm", "-f", "-t", "0", *names)


CALLER = Podman


@case("podman names the runtime")
def info(p):
    done = p("info", "--format", "{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Path}}")
    p.expect(done.out.strip() == "crux /usr/local/bin/crux", done.out)


@case("output, error output and exit code come back")
def output(p):
    p.run("--rm", IMAGE, "true")
    p.run("--rm", IMAGE, "false", code=1)
    done = p.run("--rm", IMAGE, "sh", "-c", "echo out; echo err >&2; exit 42", code=42)
    p.expect((done.out, done.err) == ("out\n", "err\n"), "streams are mixed up")
    p.run("--rm", "-i", IMAGE, "cat", stdin="typed\n", says="typed")


@case("a program that is not there is 127, one that cannot be run 126")
def no_program(p):
    p.run("--rm", IMAGE, "nosuch", code=127, says="executable file not found in \\$PATH")
    p.run("--rm", IMAGE, "/no/such", code=127, says="/no/such.*no such file or directory")
    p.run("--rm", IMAGE, "/etc", code=126, says="(permission denied|is a directory)", compare="out")
    p.run("--rm", IMAGE, "/etc/passwd", code=126, says="permission denied")
    # Podman 4 refuses it itself, with 125; podman 5 hands on the empty name, and the runtime refuses it.
    done = p.run("--rm", "--entrypoint", "", IMAGE, code=None, says="no command or entrypoint|executable file not found")
    p.expect(done.code == (127 if "executable file" in done.err else 125), f"exit code {done.code}")
    p.run("--rm", "-v", "/etc/hostname:/etc", IMAGE, "true", code=126, says="not a directory", compare="out")
    done = p("ps", "-a", "-q")
    p.expect(done.out == "", "containers that failed are still there")


@case("a terminal")
def terminal(p):
    p.run("--rm", "-t", IMAGE, "sh", "-c", "tty; stty size >/dev/null && echo sized; exit 3", code=3, tty=True, says="/dev/pts/0")
    p.run("--rm", "-it", IMAGE, "sh", tty=True, stdin="echo one$((1+1))\nexit 5\n", code=5, says="one2", compare="nothing")


@case("detached: state, logs, exec, stop, removal")
def detached(p):
    p.detached("d1", ["sh", "-c", "echo from inside; trap 'echo term; exit 9' TERM; while :; do sleep 0.1; done"])
    p.expect(p.inspect("d1", "{{.State.Status}} {{.State.Running}}") == "running true", "not running")
    wait_until("the log", lambda: "from inside" in run(["podman", "logs", "d1"]).out)
    p("exec", "d1", "sh", "-c", "echo in exec; exit 11", code=11)
    p("stop", "-t", "5", "d1")
    p.inspect("d1", "{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}} {{.OCIRuntime}}")
    p("logs", "d1", says="term")
    p("start", "d1")
    p.expect(p.inspect("d1", "{{.State.Status}}") == "running", "not started again")
    p("rm", "d1", code=2, compare="out")
    p.remove("d1")


if support.SYSTEMD:
    @case("its cgroup is a systemd scope until it is removed")
    def scope(p):
        p.detached("u1")
        identifier = p.inspect("u1", "{{.Id}}", quiet=True)
        found = support.scope_of(p.inspect("u1", "{{.State.Pid}}", quiet=True))
        p.expect(found == f"libpod-{identifier}.scope", found)
        p.note(run(["systemctl", "show", "-p", "Slice,Delegate,ActiveState", found]).out)
        p.remove("u1")
        p.note(run(["systemctl", "show", "-p", "LoadState,ActiveState", found]).out)


@case("exec: user, directory, environment, input, terminal, detached, errors")
def execs(p):
    p.detached("e1")
    p("exec", "-u", "1000:1000", "e1", "id", says="uid=1000")
    p("exec", "-u", "app", "e1", "sh", "-c", "id -G; echo $HOME", says="1000")
    p("exec", "-w", "/tmp", "-e", "A=b c", "e1", "sh", "-c", "pwd; echo $A")
    p("exec", "-i", "e1", "cat", stdin="x\ny\n")
    p("exec", "-t", "e1", "sh", "-c", "tty; exit 4", tty=True, code=4, says="/dev/pts/")
    p("exec", "--privileged", "e1", "grep", "CapEff", "/proc/self/status")
    p("exec", "e1", "nosuch", code=127, says="executable file not found in \\$PATH")
    p("exec", "e1", "/no/such", code=127, says="no such file or directory")
    p("exec", "e1", "/etc/passwd", code=126, says="permission denied")
    p("exec", "-w", "/no/such", "e1", "true", code=127, compare="out")
    p("exec", "e1", "sh", "-c", "kill -15 $$", code=143)
    p("exec", "-d", "e1", "sh", "-c", "echo done >/tmp/flag")
    wait_until("the detached exec", lambda: run(["podman", "exec", "e1", "cat", "/tmp/flag"]).out == "done\n")
    p.remove("e1")
    p("exec", "e1", "true", code=125, compare="out")


@case("signals: kill by name and number, stop that must kill")
def signals(p):
    p.detached("s1", ["sh", "-c", "trap 'echo hup' HUP; trap '' TERM; echo ready; while :; do sleep 0.1; done"])
    wait_until("the trap", lambda: "ready" in run(["podman", "logs", "s1"]).out)
    p("kill", "-s", "HUP", "s1")
    wait_until("the signal", lambda: "hup" in run(["podman", "logs", "s1"]).out)
    p("kill", "-s", "1", "s1")
    p("kill", "-s", "NOSUCH", "s1", code=125)
    p("stop", "-t", "1", "s1", compare="out")
    p.inspect("s1", "{{.State.Status}} {{.State.ExitCode}}")
    p("kill", "s1", code=125)
    p.remove("s1")


@case("pause and unpause")
def pause(p):
    p.detached("p1")
    p("pause", "p1")
    p.expect(p.inspect("p1", "{{.State.Status}}") == "paused", "not paused")
    p("pause", "p1", code=125)
    p("exec", "p1", "true", code=255)
    p("unpause", "p1")
    p.expect(p.inspect("p1", "{{.State.Status}}") == "running", "not running again")
    p("unpause", "p1", code=125)
    p("exec", "p1", "echo", "awake")
    p("pause", "p1")
    p.remove("p1")


@case("limits: memory, CPU, processes, and their update")
def limits(p):
    p.detached("l1", "--memory=64m", "--cpus=0.5", "--cpu-shares=300", "--pids-limit=50", ["sleep", "1000"])
    shown = "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes cpu/cpu.cfs_quota_us cpu/cpu.shares pids/pids.max"
    p("exec", "l1", "sh", "-c", shown + " 2>/dev/null || cat memory.max cpu.max cpu.weight pids.max", compare="out")
    p.inspect("l1", "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}}")
    p("update", "--memory=96m", "--memory-swap=96m", "--cpu-shares=600", "--cpus=0.75", "l1", compare="nothing")
    p("exec", "l1", "sh", "-c", shown + " 2>/dev/null || cat memory.max cpu.max cpu.weight pids.max", compare="out",
      says=str(96 << 20))
    done = p("stats", "--no-stream", "--format", "{{.Name}} {{.MemLimit}} {{.PIDs}}", "l1")
    p.expect(done.out.startswith("l1 "), done.out)
    p.remove("l1")


@case("a container out of memory is reported")
def out_of_memory(p):
    p.run("--name", "o1", "--memory=16m", "--memory-swap=16m", IMAGE, "sh", "-c",
          "dd if=/dev/zero of=/dev/null bs=100M count=1; sleep 0.5; exit 9", code=9, compare="out")
    # On cgroup v1 this conmon leaves its note where it was started, and this podman does not look there.
    wait_until("the report", lambda: (WORK / "oom").exists() or p.inspect("o1", "{{.State.OOMKilled}}", quiet=True) == "true", 5)
    p.remove("o1")


@case("create, start, attach, restart, wait")
def restart(p):
    p("create", p.parent(), "--network=none", "--name", "r1", IMAGE, "sh", "-c", "echo run; exit 6")
    p.inspect("r1", "{{.State.Status}}")
    p("start", "-a", "r1", code=6, says="run")
    p("start", "r1")
    p("wait", "r1", says="6")
    p.remove("r1")
    p.detached("r2")
    first = p.inspect("r2", "{{.State.Pid}}", quiet=True)
    p("restart", "-t", "0", "r2")
    p.expect(first != p.inspect("r2", "{{.State.Pid}}", quiet=True), "the same process after a restart")
    p.inspect("r2", "{{.State.Status}}")
    p.remove("r2")
    p.detached("r3", "--restart=on-failure:2", ["sh", "-c", "echo turn; exit 1"])
    wait_until("three turns", lambda: run(["podman", "logs", "r3"]).out == "turn\n" * 3)
    p.remove("r3")
    p("create", "--network=none", "--name", "r4", IMAGE, "true")
    p("init", "r4")
    p.inspect("r4", "{{.State.Status}}")
    p("rm", "r4")


@case("files: read-only root, volumes, tmpfs, shared memory, masked paths")
def files(p):
    p.run("--rm", "--read-only", IMAGE, "sh", "-c", "touch /x", code=1, says="Read-only")
    shared = WORK / "shared"
    shared.mkdir(exist_ok=True)
    (shared / "file").write_text("shared\n")
    p.run("--rm", "-v", f"{shared}:/data", IMAGE, "sh", "-c", "cat /data/file; echo new >/data/made")
    p.expect((shared / "made").read_text() == "new\n", "the volume was not written")
    p.run("--rm", "-v", f"{shared}:/data:ro", IMAGE, "touch", "/data/x", code=1, says="Read-only")
    p.run("--rm", "-v", f"{shared}/file:/etc/one", IMAGE, "cat", "/etc/one")
    p.run("--rm", "-v", "named:/data", IMAGE, "sh", "-c", "echo kept >/data/f")
    p.run("--rm", "-v", "named:/data", IMAGE, "cat", "/data/f")
    p("volume", "rm", "named")
    p.run("--rm", "--tmpfs", "/t:size=1m,mode=1777", IMAGE, "sh", "-c", "grep ' /t ' /proc/mounts; df -k /t | tail -n 1")
    p.run("--rm", "--shm-size=2m", IMAGE, "sh", "-c", "df -k /dev/shm | awk 'NR==2{print $2}'")
    p.run("--rm", "--mount", "type=bind,src=/no/such,dst=/data", IMAGE, "true", code=125)
    p.run("--rm", IMAGE, "sh", "-c", "cat /proc/kcore | wc -c; ls /proc/acpi /sys/firmware; touch /proc/sys/x", code=1)
    p.run("--rm", IMAGE, "awk", '{ print $2, $3, $4 }', "/proc/mounts", compare="nothing")


@case("who it runs as: user, groups, capabilities, privileges, umask")
def credentials(p):
    p.run("--rm", "-u", "app", IMAGE, "sh", "-c", "id; pwd; echo $HOME")
    p.run("--rm", "-u", "1234:5678", "--group-add", "2000", IMAGE, "id")
    status = ["grep", "-E", "^(Cap|NoNewPrivs|Seccomp:)", "/proc/self/status"]
    p.run("--rm", IMAGE, *status)
    p.run("--rm", "--cap-drop=all", "--cap-add=net_admin", IMAGE, *status)
    p.run("--rm", "-u", "app", "--cap-add=net_raw", IMAGE, *status)
    p.run("--rm", "--privileged", IMAGE, *status)
    p.run("--rm", "--security-opt=no-new-privileges", "--security-opt=seccomp=unconfined", IMAGE, *status)
    p.run("--rm", "--umask=0077", IMAGE, "sh", "-c", "umask; grep Umask /proc/self/status")
    p.run("--rm", "--oom-score-adj=500", IMAGE, "cat", "/proc/self/oom_score_adj")
    p.run("--rm", "--ulimit", "nofile=100:200", "--ulimit", "nproc=300:400", IMAGE, "sh", "-c", "ulimit -Sn; ulimit -Hn")


@case("namespaces: host, of another container, user")
def namespaces(p):
    p.run("--rm", "--hostname", "inner", IMAGE, "hostname")
    p.run("--rm", "--uts=host", "--ipc=host", "--pid=host", IMAGE, "sh", "-c", "readlink /proc/self/ns/uts", quiet=True)
    p.run("--rm", "--sysctl", "kernel.msgmax=4096", IMAGE, "cat", "/proc/sys/kernel/msgmax")
    p.detached("n1", "--pid=host", ["sh", "-c", "sleep 1234 & sleep 1234"])
    p("kill", "n1")
    wait_until("its processes are gone",
               lambda: not [line for line in support.processes().values() if line == "sleep 1234"])
    p.remove("n1")
    p.detached("n2")
    p.run("--rm", "--pid=container:n2", "--ipc=container:n2", IMAGE, "sh", "-c", "ps | grep -c '[s]leep 1000$'")
    p.run("--rm", IMAGE, "true", network="container:n2")
    p.remove("n2")
    p.run("--rm", "--uidmap=0:100000:5000", "--gidmap=0:100000:5000", IMAGE, "cat", "/proc/self/uid_map")
    p.run("--rm", IMAGE, "sh", "-c", "cat /proc/self/cgroup | wc -l", quiet=True)


@case("devices")
def devices(p):
    p.run("--rm", "--device", "/dev/full:/dev/inner:r", IMAGE, "sh", "-c", "ls -l /dev/inner | cut -c1-10; head -c 1 /dev/inner | wc -c; echo x >/dev/inner", code=1)
    p.run("--rm", IMAGE, "sh", "-c", "ls /dev | sort | tr '\\n' ' '")


@case("--init reaps and passes signals on")
def init(p):
    p.run("--rm", "--init", IMAGE, "sh", "-c", "cat /proc/1/comm; exit 8", code=8)


@case("health checks")
def health(p):
    p.detached("h1", "--health-cmd=test -e /tmp/good", "--health-interval=disable", "--health-retries=1", ["sleep", "1000"])
    p("healthcheck", "run", "h1", code=1)
    p("exec", "h1", "touch", "/tmp/good")
    p("healthcheck", "run", "h1")
    p.inspect("h1", "{{.State.Health.Status}}")
    p.remove("h1")


@case("top, ps, diff, cp, commit, events")
def looking(p):
    p.detached("t1", ["sh", "-c", "sleep 777 & wait"])
    p("top", "t1", "args", says="sleep 777")
    p("ps", "--format", "{{.Names}} {{.Image}}")
    p("exec", "t1", "touch", "/tmp/made")
    p("diff", "t1", says="/tmp/made")
    (WORK / "copied").write_text("copied\n")
    p("cp", WORK / "copied", "t1:/tmp/copied")
    p("exec", "t1", "cat", "/tmp/copied")
    p("commit", "-q", "t1", "localhost/second:1", compare="out")
    p.run("--rm", "localhost/second:1", "ls", "/tmp")
    p.remove("t1")
    done = p("events", "--stream=false", "--filter", "container=t1", "--format", "{{.Status}}", quiet=True)
    # The number of these events depends on whether podman or its cleanup sees the end first.
    p.note("\n".join(line for line in done.out.splitlines() if line not in ("exec_died", "cleanup")))


@case("pods with shared namespaces")
def pods(p):
    p("pod", "create", "--infra=false", p.parent(), "--name", "pod1")
    p("run", "-d", "--pod=pod1", "--network=none", "--name", "m1", IMAGE, "sleep", "1000")
    p("pod", "ps", "--format", "{{.Name}} {{.Status}} {{.NumberOfContainers}}")
    p("pod", "stop", "-t", "0", "pod1")
    p("pod", "rm", "-f", "pod1")


@case("file descriptors are passed on")
def descriptors(p):
    (WORK / "passed").write_text("through 3\n")
    opened = f"podman run --rm --network=none --preserve-fds=1 {IMAGE} sh -c 'cat <&3' 3<{WORK}/passed"
    p.expect(run(["sh", "-c", opened]).out == "through 3\n", "nothing came through")


@case("twelve starts at once")
def parallel(p):
    def one(number):
        return run(["podman", "run", "--rm", p.parent(), "--network=none", IMAGE, "sh", "-c", f"echo {number}; exit {number}"])

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(one, range(12)))
    for number, done in enumerate(results):
        p.expect(done.code == number and done.out == f"{number}\n", f"{number}: {done.code} {done.out}{done.err}")


@case("a container whose conmon was killed is removed")
def conmon_killed(p):
    p.detached("k1")
    conmon = int(p.inspect("k1", "{{.State.ConmonPid}}", quiet=True))
    os.kill(conmon, signal.SIGKILL)
    identifier = p.inspect("k1", "{{.Id}}", quiet=True)
    p.remove("k1")
    # This podman version does not call delete in this case, with any runtime.
    done = run([RUNTIME, "delete", "--force", identifier])
    p.expect(done.code == 0, done.err)

"""Docker: dockerd with the containerd that it starts."""

import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

import support
from support import WORK, Caller, case, run, wait_until

IMAGE = "bb:1"


class Docker(Caller):
    command = ["docker"]
    own_mounts = {"/run/docker/netns/default"}

    def start(self):
        support.write_documented("/etc/docker/daemon.json")
        self.start_daemon()
        archive = support.make_image(IMAGE)
        done = run(["docker", "load", "-i", str(archive)])
        self.expect(done.code == 0, done.err)

    def start_daemon(self):
        # Docker's own bridge, with the prestart hook that it needs, but no rules of a firewall.
        return self.daemon(["dockerd", "--iptables=false", "--ip-masq=false", f"--cgroup-parent=/{self.cgroup_parent}",
                            "--live-restore"], lambda: run(["docker", "version"]).code == 0)

    def stop(self):
        names = run(["docker", "ps", "-aq"]).out.split()
        if names:
            run(["docker", "rm", "-f", *names])
        super().stop()

    def run(self, *words, network="none", **how):
        return self("run", f"--network={network}", *words, **how)

    def detached(self, name, *words):
        """A container of this name that stays, by default asleep; the last of the words is its program's list."""
        self.run("-d", "--name", name, *words[:-1], IMAGE, *(words[-1] if words else ["sleep", "1000"]))

    def inspect(self, name, field, **how):
        return self("inspect", "-f", field, name, **how).out.strip()

    def values(self, name):
        """The limits of a container's cgroup."""
        return support.cgroup_values(self.inspect(name, "{{.State.Pid}}", quiet=True))

    def remove(self, *names):
        self("rm", "-f", *names)


CALLER = Docker


@case("docker names the runtime")
def info(d):
    done = d("info", "--format", "{{.DefaultRuntime}} {{json .Runtimes.crux}}", quiet=True)
    d.expect(done.out.startswith("crux ") and "/usr/local/bin/crux" in done.out, done.out)
    done = d("version", "--format", "{{json .Server.Components}}", quiet=True)
    version = run([support.RUNTIME, "--version"]).out.split()[2]
    d.expect(f'"Version":"{version}"' in done.out, f"{version} is not in {done.out}")


@case("output, error output and exit code come back")
def output(d):
    d.run("--rm", IMAGE, "true")
    d.run("--rm", IMAGE, "false", code=1)
    done = d.run("--rm", IMAGE, "sh", "-c", "echo out; echo err >&2; exit 42", code=42)
    d.expect((done.out, done.err) == ("out\n", "err\n"), "streams are mixed up")
    d.run("--rm", "-i", IMAGE, "cat", stdin="typed\n", says="typed")


@case("a program that is not there is 127, one that cannot be run 126; a bad mount is explained")
def no_program(d):
    d.run("--rm", IMAGE, "nosuch", code=127, says="executable file not found in \\$PATH")
    d.run("--rm", IMAGE, "/no/such", code=127, says="/no/such.*no such file or directory")
    d.run("--rm", IMAGE, "/etc", code=126, says="(permission denied|is a directory)", compare="out")
    d.run("--rm", IMAGE, "/etc/passwd", code=126, says="permission denied")
    d.run("--rm", "-v", "/etc/hostname:/etc", IMAGE, "true", code=125, compare="out",
          says="not a directory.*Are you trying to mount a directory onto a file")
    d.run("--rm", "-v", "/etc:/etc/passwd", IMAGE, "true", code=125, compare="out",
          says="not a directory.*Are you trying to mount a directory onto a file")
    d.run("--rm", "-w", "/etc/passwd", IMAGE, "true", code=125, compare="out")
    d("ps", "-a", "-q")


@case("a terminal")
def terminal(d):
    d.run("--rm", "-t", IMAGE, "sh", "-c", "tty; exit 3", code=3, tty=True, says="/dev/pts/0")
    d.run("--rm", "-it", IMAGE, "sh", tty=True, stdin="echo one$((1+1))\nexit 5\n", code=5, says="one2", compare="nothing")


@case("detached: state, logs, stop, start again, removal")
def detached(d):
    d.detached("d1", ["sh", "-c", "trap 'echo term; exit 9' TERM; echo inside; while :; do sleep 0.1; done"])
    wait_until("the log", lambda: "inside" in run(["docker", "logs", "d1"]).out)
    d.inspect("d1", "{{.State.Status}} {{.State.Running}} {{.HostConfig.Runtime}}")
    d("stop", "-t", "5", "d1")
    d.inspect("d1", "{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}} {{.State.Error}}")
    d("logs", "d1", says="term")
    d("start", "d1")
    d.inspect("d1", "{{.State.Status}}")
    d("rm", "d1", code=1, compare="out")
    d.remove("d1")


@case("exec: user, directory, environment, input, terminal, detached, errors")
def execs(d):
    d.detached("e1")
    d("exec", "e1", "sh", "-c", "echo out; echo err >&2; exit 11", code=11)
    d("exec", "-u", "1000:1000", "e1", "id", says="uid=1000")
    d("exec", "-u", "app", "e1", "sh", "-c", "id; echo $HOME")
    d("exec", "-w", "/tmp", "-e", "A=b c", "e1", "sh", "-c", "pwd; echo $A")
    d("exec", "-i", "e1", "cat", stdin="x\ny\n")
    d("exec", "-t", "e1", "sh", "-c", "tty; exit 4", tty=True, code=4, says="/dev/pts/")
    d("exec", "e1", "nosuch", code=126, says="executable file not found in \\$PATH", compare="out")
    d("exec", "e1", "/no/such", code=126, says="no such file or directory", compare="out")
    d("exec", "e1", "/etc/passwd", code=126, says="permission denied", compare="out")
    d("exec", "-w", "/no/such", "e1", "true", code=126, compare="out")
    d("exec", "e1", "sh", "-c", "kill -15 $$", code=143)
    d("exec", "-d", "e1", "sh", "-c", "echo done >/tmp/flag")
    wait_until("the detached exec", lambda: run(["docker", "exec", "e1", "cat", "/tmp/flag"]).out == "done\n")
    d.remove("e1")
    d("exec", "e1", "true", code=1)


@case("signals: kill by name, stop that must kill, kill of the dead")
def signals(d):
    d.detached("s1", ["sh", "-c", "trap 'echo hup' HUP; trap '' TERM; echo ready; while :; do sleep 0.1; done"])
    wait_until("the trap", lambda: "ready" in run(["docker", "logs", "s1"]).out)
    d("kill", "-s", "HUP", "s1")
    wait_until("the signal", lambda: "hup" in run(["docker", "logs", "s1"]).out)
    d("stop", "-t", "1", "s1")
    d.inspect("s1", "{{.State.Status}} {{.State.ExitCode}}")
    d("kill", "s1", code=1, says="is not running")
    d.remove("s1")


@case("pause and unpause, and removal while paused")
def pause(d):
    d.detached("p1")
    d("pause", "p1")
    d.inspect("p1", "{{.State.Status}} {{.State.Paused}}")
    d("pause", "p1", code=1)
    d("exec", "p1", "true", code=1)
    d("unpause", "p1")
    d.inspect("p1", "{{.State.Status}}")
    d("unpause", "p1", code=1)
    d("exec", "p1", "echo", "awake")
    d("pause", "p1")
    d.remove("p1")


@case("limits: memory, CPU, processes, their update, stats")
def limits(d):
    d.detached("l1", "--memory=64m", "--cpus=0.5", "--cpu-shares=300", "--pids-limit=50", ["sleep", "1000"])
    d.note(d.values("l1"))
    d("update", "--memory=96m", "--memory-swap=192m", "--cpus=0.75", "--cpu-shares=600", "--pids-limit=60", "l1", compare="out")
    values = d.values("l1")
    d.note(values)
    d.expect(str(96 << 20) in values.values() and "60" in values.values(), f"not updated: {values}")
    d("update", "--memory=4m", "--memory-swap=8m", "l1", code=1, compare="out")
    done = d("stats", "--no-stream", "--format", "{{.Name}} {{.PIDs}} {{.MemUsage}}", "l1", quiet=True)
    d.expect(done.out.startswith("l1 1 ") and done.out.strip().endswith("96MiB"), done.out)
    d.remove("l1")


@case("a container out of memory is reported")
def out_of_memory(d):
    d.run("--name", "o1", "--memory=16m", "--memory-swap=16m", IMAGE, "sh", "-c",
          "dd if=/dev/zero of=/dev/null bs=100M count=1; sleep 0.5; exit 9", code=9, compare="out")
    wait_until("the report", lambda: run(["docker", "inspect", "-f", "{{.State.OOMKilled}}", "o1"]).out == "true\n", 5)
    d.remove("o1")


@case("create, start, attach, restart, wait, restart policies")
def restart(d):
    d("create", "--network=none", "--name", "r1", IMAGE, "sh", "-c", "echo run; exit 6")
    d.inspect("r1", "{{.State.Status}}")
    d("start", "-a", "r1", code=6, says="run")
    d("start", "r1")
    d("wait", "r1", says="6")
    d.remove("r1")
    d.detached("r2")
    first = d.inspect("r2", "{{.State.Pid}}", quiet=True)
    d("restart", "-t", "0", "r2")
    d.expect(first != d.inspect("r2", "{{.State.Pid}}", quiet=True), "the same process after a restart")
    d("rename", "r2", "r3")
    d.inspect("r3", "{{.State.Status}}")
    d.remove("r3")
    d.detached("r4", "--restart=on-failure:2", ["sh", "-c", "echo turn; exit 1"])
    wait_until("three turns", lambda: run(["docker", "inspect", "-f", "{{.RestartCount}} {{.State.Status}}", "r4"]).out == "2 exited\n")
    d("logs", "r4")
    d.remove("r4")


@case("files: read-only root, volumes, tmpfs, shared memory, masked paths")
def files(d):
    d.run("--rm", "--read-only", IMAGE, "sh", "-c", "touch /x", code=1, says="Read-only")
    shared = WORK / "shared"
    shared.mkdir(exist_ok=True)
    (shared / "file").write_text("shared\n")
    d.run("--rm", "-v", f"{shared}:/data", IMAGE, "sh", "-c", "cat /data/file; echo new >/data/made")
    d.expect((shared / "made").read_text() == "new\n", "the volume was not written")
    d.run("--rm", "-v", f"{shared}:/data:ro", IMAGE, "touch", "/data/x", code=1, says="Read-only")
    d.run("--rm", "-v", f"{shared}/file:/etc/one", IMAGE, "cat", "/etc/one")
    d.run("--rm", "-v", "named:/data", IMAGE, "sh", "-c", "echo kept >/data/f")
    d.run("--rm", "-v", "named:/data", IMAGE, "cat", "/data/f")
    d("volume", "rm", "named")
    d.run("--rm", "--tmpfs", "/t:size=1m,mode=1777", IMAGE, "sh", "-c", "grep ' /t ' /proc/mounts; df -k /t | tail -n 1")
    d.run("--rm", "--shm-size=2m", IMAGE, "sh", "-c", "df -k /dev/shm | awk 'NR==2{print $2}'")
    d.run("--rm", "--mount", "type=bind,src=/no/such,dst=/data", IMAGE, "true", code=125)
    d.run("--rm", IMAGE, "sh", "-c", "ls /proc/acpi /sys/firmware; touch /proc/sys/x", code=1)
    d.run("--rm", IMAGE, "sh", "-c", "cut -d ' ' -f 2 /proc/mounts | grep -v ^/sys/fs/cgroup/ | sort")
    d.run("--rm", IMAGE, "sh", "-c", "ls /dev | sort | tr '\\n' ' '")


@case("who it runs as: user, groups, capabilities, privileges, limits")
def credentials(d):
    d.run("--rm", "-u", "app", IMAGE, "sh", "-c", "id; pwd; echo $HOME")
    d.run("--rm", "-u", "1234:5678", "--group-add", "2000", IMAGE, "id")
    status = ["grep", "-E", "^(Cap|NoNewPrivs|Seccomp:)", "/proc/self/status"]
    d.run("--rm", IMAGE, *status)
    d.run("--rm", "--cap-drop=all", "--cap-add=net_admin", IMAGE, *status)
    d.run("--rm", "--security-opt=no-new-privileges", "--security-opt=seccomp=unconfined", IMAGE, *status)
    d.run("--rm", "--oom-score-adj=500", IMAGE, "cat", "/proc/self/oom_score_adj")
    d.run("--rm", "--ulimit", "nofile=100:200", IMAGE, "sh", "-c", "ulimit -Sn; ulimit -Hn")
    d.run("--rm", "--device", "/dev/full:/dev/inner:r", IMAGE, "sh", "-c", "head -c 1 /dev/inner | wc -c; echo x >/dev/inner", code=1)
    profile = WORK / "seccomp.json"
    profile.write_text('{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}')
    d.run("--rm", "--security-opt", f"seccomp={profile}", IMAGE, "mkdir", "/made", code=1, says="Operation not permitted")


@case("privileged")
def privileged(d):
    d.detached("v1")
    if not support.can_raise_limits():
        d.may_fail("this runc refuses to grant a capability that it does not have itself, here CAP_SYS_RESOURCE")
    try:
        d("exec", "--privileged", "v1", "grep", "CapEff", "/proc/self/status")
        d.run("--rm", "--privileged", IMAGE, "sh", "-c", "mount -t tmpfs none /tmp && grep -c ' /tmp ' /proc/mounts")
    finally:
        d.remove("v1")


@case("namespaces: own network with its hook, of the host, of another container")
def namespaces(d):
    d.run("--rm", "--hostname", "inner", IMAGE, "sh", "-c", "hostname; ip -o link | cut -d: -f2 | cut -d@ -f1; ip route | wc -l", network="bridge")
    d.run("--rm", "--sysctl", "kernel.msgmax=4096", IMAGE, "cat", "/proc/sys/kernel/msgmax")
    d.run("--rm", "--sysctl", "net.ipv4.ip_forward=0", IMAGE, "cat", "/proc/sys/net/ipv4/ip_forward", network="bridge")
    d.run("--rm", IMAGE, "true", network="host")
    d.detached("n1", "--pid=host", ["sh", "-c", "sleep 1234 & sleep 1234"])
    d("kill", "n1")
    wait_until("its processes are gone",
               lambda: not [line for line in support.processes().values() if line == "sleep 1234"])
    d.remove("n1")
    d("run", "-d", "--name", "n2", "--ipc=shareable", IMAGE, "sleep", "1000")
    d("run", "--rm", "--pid=container:n2", "--ipc=container:n2", "--network=container:n2", IMAGE, "sh", "-c",
      "ps | grep -c '[s]leep 1000$'; ip -o link | wc -l")
    d.remove("n2")


@case("--init reaps and passes signals on")
def init(d):
    d.run("--rm", "--init", IMAGE, "sh", "-c", "cat /proc/1/comm; exit 8", code=8)


@case("health checks")
def health(d):
    d.detached("h1", "--health-cmd=test -e /tmp/good", "--health-interval=200ms", "--health-retries=1", ["sleep", "1000"])
    status = lambda: run(["docker", "inspect", "-f", "{{.State.Health.Status}}", "h1"]).out.strip()
    wait_until("it is unhealthy", lambda: status() == "unhealthy")
    d("exec", "h1", "touch", "/tmp/good")
    wait_until("it is healthy", lambda: status() == "healthy")
    d.remove("h1")


@case("top, ps, diff, cp, commit, events")
def looking(d):
    begin = run(["date", "+%s.%N"]).out.strip()
    d.detached("t1", ["sh", "-c", "sleep 777 & wait"])
    done = d("top", "t1", "-o", "pid,args", quiet=True)
    d.expect(done.out.count("sleep 777") == 2, done.out)
    d("exec", "t1", "touch", "/tmp/made")
    d("diff", "t1", says="/tmp/made")
    (WORK / "copied").write_text("copied\n")
    d("cp", WORK / "copied", "t1:/tmp/copied")
    d("exec", "t1", "cat", "/tmp/copied")
    d("commit", "t1", "second:1", compare="out")
    d.run("--rm", "second:1", "ls", "/tmp")
    d.remove("t1")
    end = run(["date", "+%s.%N"]).out.strip()
    done = d("events", "--since", begin, "--until", end, "--filter", "container=t1", "--format", "{{.Action}}", quiet=True)
    d.note("\n".join(sorted(done.out.splitlines())))


@case("a build whose steps run on it")
def build(d):
    folder = WORK / "build"
    folder.mkdir(exist_ok=True)
    (folder / "Dockerfile").write_text(f"FROM {IMAGE}\nRUN echo built >/made\nUSER app\nWORKDIR /home/app\nRUN id -u >who\n")
    d("build", "-q", "-t", "built:1", folder, env={**os.environ, "DOCKER_BUILDKIT": "0"})
    d.run("--rm", "built:1", "cat", "/made", "who")
    (folder / "Dockerfile").write_text(f"FROM {IMAGE}\nRUN exit 3\n")
    d("build", "-q", folder, env={**os.environ, "DOCKER_BUILDKIT": "0"}, code=3, compare="nothing", says="returned a non-zero code: 3")


@case("twelve starts at once")
def parallel(d):
    # Under load dockerd loses output of a program that ends at once, with every runtime.
    def one(number):
        return run(["docker", "run", "--rm", "--network=none", IMAGE, "sh", "-c", f"echo {number}; sleep 0.5; exit {number}"])

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(one, range(12)))
    for number, done in enumerate(results):
        d.expect(done.code == number and done.out == f"{number}\n", f"{number}: {done.code} {done.out}{done.err}")


@case("dockerd is killed and started again under a living container")
def daemon_killed(d):
    d.detached("k1")
    pid = d.inspect("k1", "{{.State.Pid}}", quiet=True)
    daemon = d.daemons.pop()
    os.kill(daemon.pid, signal.SIGKILL)
    daemon.wait()
    d.start_daemon()
    d.expect(d.inspect("k1", "{{.State.Pid}}", quiet=True) == pid, "another process")
    d("exec", "k1", "echo", "still here")
    d("stop", "-t", "0", "k1")
    d.remove("k1")

"""containerd with its shim, driven by ctr."""

import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import support
from support import RUNTIME, WORK, Caller, CaseFailed, case, run, wait_until

IMAGE = "docker.io/library/bb:1"


class Containerd(Caller):
    def __init__(self):
        super().__init__()
        # containerd puts cgroups below a directory with the namespace's name.
        self.command = ["ctr", "-n", self.cgroup_parent]

    def start(self):
        words = support.DOCUMENT.read_text()
        self.expect(f"ctr run --runc-binary {RUNTIME} " in words, "docs/callers.md has another command")
        support.write_documented("/etc/containerd/config.toml")
        self.start_daemon()
        archive = support.make_image("bb:1")
        done = run([*self.command, "image", "import", str(archive)])
        self.expect(done.code == 0, done.err)

    def start_daemon(self):
        return self.daemon(["containerd"], lambda: run(["ctr", "version"]).code == 0)

    def stop(self):
        for task in run([*self.command, "task", "ls", "-q"]).out.split():
            run([*self.command, "task", "rm", "-f", task])
        super().stop()

    def run(self, name, *words, options=(), **how):
        command = ["run", *self.runtime(name), *options, IMAGE, name, *words]
        # ctr can lose a program's last output before its end, with any runtime: such a run is repeated.
        for last in [False, False, True] if "--rm" in options else [True]:
            begin = len(self.record)
            try:
                done = self(*command, **how)
            except CaseFailed:
                if last:
                    raise
            else:
                if last or done.out or done.err or words[0] in ("true", "false"):
                    return done
            del self.record[begin:]
        return None

    def runtime(self, name):
        """The options that name the runtime, and the cgroup where systemd makes it."""
        systemd = ["--runc-systemd-cgroup", "--cgroup", f"{self.cgroup_parent}:ctr:{name}"] if support.SYSTEMD else []
        return ["--runc-binary", str(RUNTIME), *systemd]

    def detached(self, name, *words, options=(), **how):
        self.run(name, *(words or ["sleep", "1000"]), options=["-d", "--log-uri", self.log(name), *options], **how)

    def log(self, name):
        return f"file://{WORK}/{name}.log"

    def status(self, name):
        for line in run([*self.command, "task", "ls"]).out.splitlines():
            if line.startswith(name + " "):
                return line.split()[2]
        return "none"

    def pid(self, name):
        for line in run([*self.command, "task", "ls"]).out.splitlines():
            if line.startswith(name + " "):
                return int(line.split()[1])
        raise CaseFailed(f"{name} has no task")

    def reach(self, name, status):
        wait_until(f"{name} is {status}", lambda: self.status(name) == status)
        self.note(f"{name} is {status}")

    def remove(self, name):
        self("task", "rm", "-f", name, code=None, compare="nothing")
        self("c", "rm", name)


CALLER = Containerd


@case("output, error output and exit code come back")
def output(c):
    c.run("o1", "/bin/echo", "hi", options=["--rm"], says="hi")
    done = c.run("o2", "sh", "-c", "echo out; echo err >&2; exit 7", options=["--rm"], code=7)
    c.expect((done.out, done.err) == ("out\n", "err\n"), "streams are mixed up")
    c.run("o3", "false", options=["--rm"], code=1)


@case("a program that is not there, and one that cannot be run")
def no_program(c):
    c.run("n1", "nosuch", options=["--rm"], code=1, says='exec: "nosuch": executable file not found in \\$PATH')
    c.run("n2", "/no/such", options=["--rm"], code=1, says='exec: "/no/such": stat /no/such: no such file or directory')
    c.run("n3", "/etc/passwd", options=["--rm"], code=1, says='exec: "/etc/passwd": permission denied')
    c.run("n4", "/etc", options=["--rm"], code=1, says="(is a directory|permission denied)", compare="out")
    c.run("n5", "true", options=["--rm", "--cwd", "/etc/passwd"], code=1, says="not a directory", compare="out")
    c("task", "ls", "-q")


@case("a terminal")
def terminal(c):
    c.run("t1", "sh", "-c", "tty; exit 3", options=["--rm", "-t"], tty=True, code=3, says="/dev/pts/0", compare="nothing")


@case("detached: list, processes, metrics, log, kill, removal")
def detached(c):
    c.detached("d1", "sh", "-c", "echo logged; sleep 777 & wait")
    c.reach("d1", "RUNNING")
    wait_until("the log", lambda: (WORK / "d1.log").read_text() == "logged\n")
    done = c("task", "ps", "d1", quiet=True)
    c.expect(len(done.out.split("\n")) == 4 and str(c.pid("d1")) in done.out, "not two processes: " + done.out)
    metrics = c("task", "metrics", "d1", quiet=True).out
    c.note(" ".join(sorted(line.split()[0] for line in metrics.splitlines() if line.split())))
    c("task", "rm", "d1", code=1, compare="out")
    c("task", "kill", "-s", "SIGTERM", "d1")
    c("task", "kill", "-s", "SIGKILL", "d1")
    c.reach("d1", "STOPPED")
    c("task", "kill", "d1", code=1, says="(not found|already finished)", compare="out")
    c("task", "rm", "d1", code=None)
    c("c", "rm", "d1")


if support.SYSTEMD:
    @case("its cgroup is a systemd scope until it is removed")
    def scope(c):
        c.detached("u1")
        found = support.scope_of(c.pid("u1"))
        c.expect(found == "ctr-u1.scope", found)
        c.note(run(["systemctl", "show", "-p", "Slice,Delegate,ActiveState", found]).out)
        c.remove("u1")
        c.note(run(["systemctl", "show", "-p", "LoadState,ActiveState", found]).out)


@case("exec: exit code, terminal, user, directory, missing program, detached")
def execs(c):
    c.detached("e1")
    c("task", "exec", "--exec-id", "a", "e1", "sh", "-c", "echo out; echo err >&2; exit 9", code=9)
    c("task", "exec", "--exec-id", "b", "-t", "e1", "sh", "-c", "tty; exit 4", tty=True, code=4, says="/dev/pts/", compare="nothing")
    c("task", "exec", "--exec-id", "c", "--user", "app", "--cwd", "/tmp", "e1", "sh", "-c", "id; pwd")
    c("task", "exec", "--exec-id", "d", "e1", "nosuch", code=1, says='exec: "nosuch": executable file not found in \\$PATH')
    c("task", "exec", "--exec-id", "e", "e1", "/no/such", code=1, says="no such file or directory")
    c("task", "exec", "--exec-id", "f", "e1", "sh", "-c", "kill -9 $$", code=137)
    c("task", "exec", "--exec-id", "g", "-d", "e1", "sleep", "777")
    wait_until("the second process", lambda: len(run([*c.command, "task", "ps", "e1"]).out.splitlines()) == 3)
    c.remove("e1")


@case("pause, resume, and kill while paused")
def pause(c):
    c.detached("p1")
    c("task", "pause", "p1")
    c.reach("p1", "PAUSED")
    c("task", "exec", "--exec-id", "a", "p1", "true", code=1, compare="out")
    c("task", "resume", "p1")
    c.reach("p1", "RUNNING")
    c("task", "resume", "p1", code=1, compare="out")
    c("task", "exec", "--exec-id", "b", "p1", "echo", "awake")
    c("task", "pause", "p1")
    c("task", "kill", "-s", "SIGKILL", "p1")
    c.reach("p1", "STOPPED")
    c.remove("p1")


@case("limits, and the report of a container out of memory")
def limits(c):
    events = subprocess.Popen([*c.command, "events"], stdout=open(WORK / "events", "w"))
    c.daemons.append(events)
    c.detached("l1", "sh", "-c", "dd if=/dev/zero of=/dev/null bs=100M count=1; sleep 1000",
               options=["--memory-limit", str(32 << 20), "--cpus", "0.5"])
    wait_until("the report", lambda: "/tasks/oom" in (WORK / "events").read_text())
    c.daemons.remove(events)
    events.kill()
    events.wait()
    values = support.cgroup_values(c.pid("l1"))
    c.note(values)
    c.expect(str(32 << 20) in values.values(), f"the limit is not among {values}")
    c.remove("l1")


@case("files: read-only root, bind mounts")
def files(c):
    c.run("f1", "touch", "/x", options=["--rm", "--read-only"], code=1, says="Read-only")
    (WORK / "shared").mkdir(exist_ok=True)
    (WORK / "shared/file").write_text("shared\n")
    c.run("f2", "sh", "-c", "cat /data/file; echo made >/data/new",
          options=["--rm", "--mount", f"type=bind,src={WORK}/shared,dst=/data,options=rbind:rw"])
    c.expect((WORK / "shared/new").read_text() == "made\n", "the mount was not written")
    c.run("f3", "touch", "/data/x", code=1, says="Read-only",
          options=["--rm", "--mount", f"type=bind,src={WORK}/shared,dst=/data,options=rbind:ro"])
    c.run("f4", "true", options=["--rm", "--mount", "type=bind,src=/no/such,dst=/data,options=rbind"],
          code=1, says="no such file or directory", compare="out")
    c.run("f5", "sh", "-c", "cut -d ' ' -f 2 /proc/mounts | sort", options=["--rm"])


@case("who it runs as: capabilities, seccomp, user namespace, privileged")
def credentials(c):
    status = ["grep", "-E", "^(Cap|NoNewPrivs|Seccomp:|Uid)", "/proc/self/status"]
    c.run("w1", *status, options=["--rm"])
    c.run("w2", *status, options=["--rm", "--seccomp"])
    c.run("w3", *status, options=["--rm", "--privileged"])
    c.run("w4", *status, options=["--rm", "--cap-drop", "CAP_CHOWN", "--cap-add", "CAP_SYS_TIME", "--allow-new-privs"])
    c.run("w5", "sh", "-c", "cat /proc/self/uid_map; id -u",
          options=["--rm", "--uidmap", "0:100000:65536", "--gidmap", "0:100000:65536"])
    c.run("w6", "sh", "-c", "echo $A", options=["--rm", "--env", "A=b c"])
    c.run("w7", "ls", "-l", "/dev/full", options=["--rm", "--device", "/dev/full"], compare="nothing")


@case("namespaces: of the host, and of another process; its processes die with it")
def namespaces(c):
    c.run("s1", "sh", "-c", "ls /sys/class/net | wc -l", options=["--rm", "--net-host"], compare="nothing")
    c.detached("s2")
    c.detached("s3", "sh", "-c", "sleep 1234 & sleep 1234", options=["--with-ns", f"pid:/proc/{c.pid('s2')}/ns/pid"], quiet=True)
    sleepers = lambda: [line for line in support.processes().values() if line == "sleep 1234"]
    wait_until("both sleep", lambda: len(sleepers()) == 2)
    c("task", "kill", "-s", "SIGKILL", "s3")
    c.reach("s3", "STOPPED")
    wait_until("its processes are gone", lambda: not sleepers())
    c.remove("s3")
    c.reach("s2", "RUNNING")
    c.remove("s2")


@case("options of the shim: another state root, no pivot_root, an empty cgroup path")
def options(c):
    c.run("x1", "echo", "there", options=["--rm", "--runc-root", str(WORK / "root")])
    c.expect(not list((WORK / "root").glob("**/state.json")), "a state is left in the other root")
    c.run("x2", "echo", "no pivot", options=["--rm", "--no-pivot"])
    c.run("x3", "sh", "-c", "echo stopped; kill -TERM 1; exit 5", options=["--rm", "--rootfs-propagation", "shared"], code=5)


@case("the shim is killed: containerd cleans up with delete --force")
def shim_killed(c):
    c.detached("k1")
    pid = c.pid("k1")
    shim = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(shim, signal.SIGKILL)
    wait_until("the container is dead", lambda: pid not in support.processes())
    c("task", "rm", "-f", "k1", code=None, compare="nothing")
    c("c", "rm", "k1")


@case("containerd restarts under a living container")
def daemon_restarts(c):
    c.detached("r1")
    pid = c.pid("r1")
    daemon = c.daemons.pop(0)
    daemon.terminate()
    daemon.wait(20)
    c.start_daemon()
    c.expect(c.pid("r1") == pid, "another process")
    c("task", "exec", "--exec-id", "a", "r1", "echo", "still here")
    c("task", "kill", "-s", "SIGKILL", "r1")
    c.reach("r1", "STOPPED")
    c.remove("r1")


@case("twelve starts at once")
def parallel(c):
    def one(number):
        return run([*c.command, "run", "--rm", *c.runtime(f"m{number}"), IMAGE, f"m{number}", "sh", "-c",
                    f"echo {number}; exit {number}"])

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(one, range(12)))
    for number, done in enumerate(results):
        c.expect(done.code == number and done.out == f"{number}\n", f"{number}: {done.code} {done.out}{done.err}")

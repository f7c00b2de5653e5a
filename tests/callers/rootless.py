"""Podman and conmon as an unprivileged user with subordinate ids."""

import os

import support
from support import IMAGE, WORK, Caller, case, run, wait_until

# The guest's unprivileged user has a systemd of its own.
USER, UID = ("user", 1000) if support.SYSTEMD else ("crux-caller", 4321)
# As a login of that user starts its programs.
SESSION = [f"DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/{UID}/bus"] if support.SYSTEMD else []
LOGIN = ["systemd-run", "--user", "--scope", "--quiet", "-p", "Delegate=yes"] if support.SYSTEMD else []


class Rootless(Caller):
    # As a login gives it: no capabilities, nothing of root's environment.
    command = ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", "--inh-caps=-all", "env", "-i",
               f"HOME={WORK}/home", f"USER={USER}", f"XDG_RUNTIME_DIR=/run/user/{UID}", "PATH=/usr/bin:/bin:/usr/sbin:/sbin",
               "PODMAN_IGNORE_CGROUPSV1_WARNING=1", *SESSION, *LOGIN, "podman"]

    def start(self):
        accounts = [] if support.SYSTEMD else [
            ("passwd", f"{USER}:x:{UID}:{UID}::{WORK}/home:/bin/sh"), ("group", f"{USER}:x:{UID}:"),
            ("subuid", f"{USER}:200000:65536"), ("subgid", f"{USER}:200000:65536")]
        for file, line in accounts:
            with open("/etc/" + file, "a") as out:
                out.write(line + "\n")
        for folder in [WORK / "home", support.Path(f"/run/user/{UID}")]:
            folder.mkdir(parents=True, exist_ok=True)
            os.chown(folder, UID, UID)
            folder.chmod(0o700)
        os.chdir(WORK / "home")
        support.write_documented("/etc/containers/containers.conf")
        _, archive = support.make_rootfs()
        done = self("import", archive, IMAGE, quiet=True)
        self.expect(done.code == 0, done.err)

    def run(self, *words, **how):
        return self("run", "--network=none", *words, **how)


CALLER = Rootless


@case("output, error output and exit code come back")
def output(p):
    p.run("--rm", IMAGE, "true")
    done = p.run("--rm", IMAGE, "sh", "-c", "echo out; echo err >&2; exit 42", code=42)
    p.expect((done.out, done.err) == ("out\n", "err\n"), "streams are mixed up: " + done.err)


@case("a program that is not there is 127, one that cannot be run 126")
def no_program(p):
    p.run("--rm", IMAGE, "nosuch", code=127, says="executable file not found in \\$PATH")
    p.run("--rm", IMAGE, "/no/such", code=127, says="/no/such.*no such file or directory")
    p.run("--rm", IMAGE, "/etc/passwd", code=126, says="permission denied")


@case("detached: logs, exec, signals, stop, removal")
def detached(p):
    p.run("-d", "--name", "d1", IMAGE, "sh", "-c", "trap 'echo term; exit 9' TERM; echo inside; while :; do sleep 0.1; done")
    wait_until("the log", lambda: "inside" in run([*p.command, "logs", "d1"]).out)
    p("exec", "d1", "sh", "-c", "echo in exec; exit 11", code=11)
    p("exec", "-u", "app", "d1", "id")
    p("exec", "d1", "nosuch", code=127, says="executable file not found in \\$PATH")
    p("exec", "-t", "d1", "sh", "-c", "tty; exit 4", tty=True, code=4, says="/dev/pts/")
    p("stop", "-t", "5", "d1")
    p("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "d1")
    p("start", "d1")
    p("kill", "d1")
    p("wait", "d1")
    p("rm", "-f", "d1")


if support.SYSTEMD:
    @case("its cgroup is a scope of the user's systemd")
    def scope(p):
        p.run("-d", "--name", "u1", "--memory=64m", "--pids-limit=50", IMAGE, "sleep", "1000")
        done = p("inspect", "-f", "{{.Id}} {{.State.Pid}}", "u1", quiet=True)
        identifier, pid = done.out.split()
        found = support.scope_of(pid)
        p.expect(found == f"libpod-{identifier}.scope", found)
        shown = [*p.command[:-1], "systemctl", "--user", "show", "-p", "Slice,ActiveState,MemoryMax,TasksMax", found]
        p.note(run(shown).out)
        p.note(support.cgroup_values(pid))
        p("rm", "-f", "-t", "0", "u1")


@case("a terminal")
def terminal(p):
    p.run("--rm", "-t", IMAGE, "sh", "-c", "tty; exit 3", code=3, tty=True, says="/dev/pts/0")


@case("users: root inside, another, the caller's own, groups, capabilities")
def users(p):
    shown = ["sh", "-c", "id; cat /proc/self/uid_map; grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status"]
    p.run("--rm", IMAGE, *shown)
    p.run("--rm", "-u", "app", IMAGE, *shown)
    p.run("--rm", "--userns=keep-id", IMAGE, *shown)
    p.run("--rm", "--cap-drop=all", "--security-opt=no-new-privileges", IMAGE, *shown)


@case("files: read-only root, volumes, tmpfs, devices")
def files(p):
    p.run("--rm", "--read-only", IMAGE, "touch", "/x", code=1, says="Read-only")
    shared = WORK / "home/shared"
    shared.mkdir(exist_ok=True)
    os.chown(shared, UID, UID)
    p.run("--rm", "-v", f"{shared}:/data", IMAGE, "sh", "-c", "echo new >/data/made; ls -ln /data | awk 'NR==2{print $3, $4}'")
    p.expect((shared / "made").stat().st_uid == UID, "the file does not belong to the user")
    p.run("--rm", "-v", f"{shared}:/data:ro", IMAGE, "touch", "/data/x", code=1, says="Read-only")
    p.run("--rm", "--tmpfs", "/t:size=1m", IMAGE, "sh", "-c", "df -k /t | tail -n 1")
    p.run("--rm", IMAGE, "sh", "-c", "ls /dev | sort | tr '\\n' ' '; echo gone >/dev/null")


@case("--init, a shared pid namespace, the host's")
def namespaces(p):
    p.run("--rm", "--init", IMAGE, "sh", "-c", "cat /proc/1/comm; exit 8", code=8)
    p.run("-d", "--name", "n1", IMAGE, "sleep", "1000")
    p.run("--rm", "--pid=container:n1", IMAGE, "sh", "-c", "ps | grep -c '[s]leep 1000$'")
    p("rm", "-f", "-t", "0", "n1")
    # podman sets a kernel parameter by default, and no procfs can be had there but the host's.
    p.run("--rm", "--pid=host", IMAGE, "sh", "-c", "cat /proc/sys/net/ipv4/ping_group_range; exit 3", code=3)

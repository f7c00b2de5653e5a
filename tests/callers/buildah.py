"""Buildah as root, with the isolation that runs a runtime."""

import support
from support import IMAGE, WORK, Caller, case, run


class Buildah(Caller):
    command = ["buildah"]

    def start(self):
        words = support.documented("/etc/environment").strip()
        self.expect(words == f"BUILDAH_RUNTIME={support.RUNTIME}", "docs/callers.md has another variable: " + words)
        support.os.environ["BUILDAH_RUNTIME"] = str(support.RUNTIME)
        # buildah must not request resource limits above hard limits that cannot be raised, with any runtime.
        self.limits = [] if support.can_raise_limits() else ["--ulimit=nofile=1024:2048", "--ulimit=nproc=1000:1000"]
        if self.limits:
            print("buildah: --ulimit lowers what hard limits cannot be raised to on this machine")
        _, archive = support.make_rootfs()
        container = run(["buildah", *self.from_words(), "scratch"]).out.strip()
        for words in [["add", "-q", container, str(archive), "/"], ["config", "--cmd", "/bin/sh", container],
                      ["commit", "-q", container, IMAGE], ["rm", container]]:
            done = run(["buildah", *words])
            self.expect(done.code == 0, done.err)

    def from_words(self):
        return ["from", "--isolation=oci", f"--cgroup-parent=/{self.cgroup_parent}", *self.limits]

    def working(self, name):
        """A working container of this name."""
        done = run(["buildah", *self.from_words(), "--name", name, IMAGE])
        self.expect(done.code == 0, done.err)

    def run(self, *words, **how):
        return self("run", "--isolation=oci", "--network=none", *words, **how)

    def build(self, text, *words, **how):
        (WORK / "Containerfile").write_text(text)
        return self("bud", "--isolation=oci", "--network=none", f"--cgroup-parent=/{self.cgroup_parent}",
                    *self.limits, "-f", WORK / "Containerfile", *words, WORK / "context", **how)


CALLER = Buildah


@case("buildah names the runtime")
def info(b):
    b.working("i1")
    b.run("i1", "true")
    b("rm", "i1", compare="nothing")


@case("run: output, exit code, signals, missing programs, terminal")
def runs(b):
    b.working("r1")
    done = b.run("r1", "--", "sh", "-c", "echo out; echo err >&2; exit 9", code=9, compare="out")
    b.expect(done.out == "out\n" and "err\n" in done.err, "streams are mixed up")
    b.run("r1", "nosuch", code=1, says="executable file not found in \\$PATH", compare="out")
    b.run("r1", "/no/such", code=1, says="no such file or directory", compare="out")
    b.run("r1", "/etc/passwd", code=1, says="permission denied", compare="out")
    b.run("-t", "r1", "--", "sh", "-c", "tty; exit 4", tty=True, code=4, says="/dev/pts/0", compare="nothing")
    b.run("r1", "--", "sh", "-c", "read x; echo got $x", stdin="typed\n", says="got typed")
    b("rm", "r1", compare="nothing")


@case("run: user, directory, capabilities, volumes, environment, hostname")
def settings(b):
    b.working("s1")
    b.run("--user", "app", "s1", "--", "sh", "-c", "id; pwd")
    status = ["grep", "-E", "^(Cap|NoNewPrivs|Seccomp:)", "/proc/self/status"]
    b.run("s1", *status)
    b.run("--cap-add=CAP_NET_ADMIN", "--cap-drop=CAP_CHOWN", "s1", *status)
    (WORK / "shared").mkdir(exist_ok=True)
    (WORK / "shared/file").write_text("shared\n")
    b.run("-v", f"{WORK}/shared:/data:ro", "s1", "--", "sh", "-c", "cat /data/file; touch /data/x", code=1, compare="out")
    b.run("--env", "A=b c", "--hostname", "inner", "s1", "--", "sh", "-c", "echo $A; hostname")
    b("config", "--workingdir", "/tmp", "s1")
    b.run("s1", "pwd")
    b.run("s1", "--", "sh", "-c", "cut -d ' ' -f 2 /proc/mounts | grep -v ^/sys/fs/cgroup/ | sort")
    b("rm", "s1", compare="nothing")


@case("build: steps, their failure, limits")
def builds(b):
    (WORK / "context").mkdir(exist_ok=True)
    (WORK / "context/file").write_text("from the context\n")
    b.build(f"FROM {IMAGE}\nCOPY file /copied\nRUN cat /copied >/made && echo more >>/made\nUSER app\nWORKDIR /home/app\n"
            "RUN id -u >/tmp/who\n", "-t", "localhost/built:1", compare="nothing")
    done = run(["buildah", *b.from_words(), "--name", "b1", "localhost/built:1"])
    b.expect(done.code == 0, done.err)
    b.run("b1", "cat", "/made", "/tmp/who")
    b("rm", "b1", compare="nothing")
    b.build(f"FROM {IMAGE}\nRUN exit 9\n", code=9, compare="nothing", says="exit status 9")
    b.build(f"FROM {IMAGE}\nRUN [\"/no/such\"]\n", code=1, compare="nothing", says="no such file or directory")
    limit = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max"
    b.build(f"FROM {IMAGE}\nRUN {limit}\n", "--memory=64m", compare="nothing", says=str(64 << 20))


@case("words for the runtime are passed on")
def flags(b):
    b.working("f1")
    b.run("--runtime-flag=debug", "f1", "--", "echo", "with debug", says="with debug", compare="nothing")
    b.run("--runtime-flag=nosuch", "f1", "true", code=1, compare="nothing")
    b("rm", "f1", compare="nothing")

"""The command line itself, as callers that Debian does not package use it: conmon-rs, CRI-O, BuildKit, a shim."""

import json
import os
import signal
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor

import support
from support import RUNTIME, WORK, Caller, CaseFailed, CaseLeftOut, case, run, wait_until


class Direct(Caller):
    command = [str(RUNTIME), "--root", str(WORK / "state")]

    def start(self):
        rootfs, _ = support.make_rootfs()
        self.bundle = WORK / "bundle"
        self.bundle.mkdir()
        (self.bundle / "rootfs").symlink_to(rootfs)
        done = run([str(RUNTIME), "spec"], cwd=self.bundle)
        self.expect(done.code == 0, done.err)
        self.base = json.loads((self.bundle / "config.json").read_text())
        # The same with both: what their specs have differs.
        self.base["root"] = {"path": str(rootfs), "readonly": True}
        self.base["process"]["terminal"] = False
        self.base["process"].pop("rlimits", None)

    def config(self, name, args, **process):
        """The configuration of a container with a cgroup of its name."""
        config = json.loads(json.dumps(self.base))
        config["process"].update({"args": list(args), **process})
        config["linux"]["cgroupsPath"] = f"/{self.cgroup_parent}/{name}"
        return config

    def write(self, config):
        (self.bundle / "config.json").write_text(json.dumps(config))

    def make(self, name, args=("sleep", "1000"), start=True, **process):
        """A created or running container that becomes our child, as with a shim."""
        self.write(self.config(name, args, **process))
        pid_file = WORK / f"{name}.pid"
        # Its streams are files: a pipe would stay open until the container ends.
        with open(WORK / f"{name}.out", "wb") as out:
            code = subprocess.run([*self.command, "create", "--bundle", self.bundle, "--pid-file", pid_file, name],
                                  stdin=subprocess.DEVNULL, stdout=out, stderr=out, timeout=20).returncode
        self.expect(code == 0, (WORK / f"{name}.out").read_text())
        text = pid_file.read_text()
        self.expect(text == str(int(text)), f"the pid file holds {text!r}")
        if start:
            self("start", name)
        return int(text)

    def state(self, name):
        return self("state", name, quiet=True).json()["status"]

    def stop(self):
        for name in os.listdir(WORK / "state") if (WORK / "state").exists() else []:
            run([*self.command, "delete", "--force", name])
        super().stop()


CALLER = Direct


@case("the life cycle of a container, state by state")
def life(d):
    d.make("l1", start=False)
    d.note(d.state("l1"))
    d("start", "l1")
    d.note(d.state("l1"))
    d("start", "l1", code=1, says="cannot start an already running container")
    d("delete", "l1", code=1, says="cannot delete container l1 that is not stopped: running")
    d("pause", "l1")
    d.note(d.state("l1"))
    d("pause", "l1", code=1, compare="out")
    d("resume", "l1")
    d("resume", "l1", code=1, says="container not paused")
    done = d("ps", "--format", "json", "l1", quiet=True)
    d.expect(len(done.json()) == 1, done.out)
    d("kill", "l1", "KILL")
    wait_until("it is stopped", lambda: d.state("l1") == "stopped")
    d("kill", "l1", "KILL", code=1, says="container not running", compare="out")
    d("kill", "--all", "l1", "9", code=0)
    d("exec", "l1", "true", code=255, says="cannot exec in a (stopped container|container that has stopped)", compare="out")
    d("delete", "l1")
    d("delete", "l1", code=1, says="container does not exist", compare="out")
    d("delete", "--force", "l1")
    d("state", "l1", code=1, says="container does not exist", compare="out")


@case("one error line in the log, the sentence on standard error, nothing on success")
def log(d):
    log = WORK / "log.json"
    flags = ["--log", log, "--log-format", "json"]
    d.write(d.config("g1", ["nosuch"]))
    done = d(*flags, "create", "--bundle", d.bundle, "g1", code=1, says='exec: "nosuch": executable file not found in \\$PATH')
    lines = log.read_text().splitlines()
    d.expect(len(lines) == 1, log.read_text())
    entry = json.loads(lines[0])
    d.expect({"level", "msg", "time"} <= set(entry) and entry["level"] == "error", lines[0])
    d.expect(entry["msg"] == done.err.strip(), "the log and standard error differ")
    log.unlink()
    d.write(d.config("g2", ["true"]))
    done = d(*flags, "run", "--bundle", d.bundle, "g2")
    d.expect(done.err == "" and not log.exists() or log.read_text() == "", "words on success")


@case("option forms: one dash, after the arguments, repeated, with =, unknown")
def spellings(d):
    d("-debug=false", "delete", "none", "--force")
    d("--root", WORK / "other", "--root", WORK / "state", "delete", "-force", "none")
    d("nosuch", code=3, compare="nothing", says="No help topic for 'nosuch'")
    d("state", code=1, compare="nothing", says="requires exactly 1 argument")
    done = d("list", "--format=json", compare="out")
    d.expect(done.out.strip() == "null", done.out)
    done = run(["env", "-i", "XDG_RUNTIME_DIR=", str(RUNTIME), "delete", "--force", "none"])
    d.expect((done.code, done.out, done.err) == (0, "", ""), "podman's delete: " + done.err)


@case("podman's probes for checkpoint and restore")
def checkpoint_probes(d):
    if "checkpoint" not in run([str(RUNTIME), "--help"]).out:
        raise CaseLeftOut("this build has no checkpoint command")
    d("checkpoint", "--help", compare="nothing", says="NAME:")
    d("restore", "--lsm-mount-context", code=1, compare="nothing", says="flag needs an argument")


@case("as BuildKit does: run --keep, signals to the runtime, exec in the foreground, delete")
def buildkit(d):
    d.write(d.config("k1", ["sh", "-c", "trap 'echo got term; exit 5' TERM; echo ready; while :; do sleep 0.1; done"]))
    with open(WORK / "keep.out", "wb") as out:
        step = subprocess.Popen([*d.command, "run", "--bundle", d.bundle, "--keep", "k1"], stdin=subprocess.DEVNULL,
                                stdout=out, stderr=out, process_group=0)
    wait_until("it is ready", lambda: "ready" in (WORK / "keep.out").read_text())
    process = {**d.base["process"], "args": ["sh", "-c", "echo from exec; exit 6"]}
    (WORK / "process.json").write_text(json.dumps(process))
    d("exec", "--process", WORK / "process.json", "--pid-file", WORK / "exec.pid", "k1", code=6, says="from exec")
    step.send_signal(signal.SIGWINCH)
    step.send_signal(signal.SIGTERM)
    d.note(step.wait(20))
    d.expect(step.returncode == 5, (WORK / "keep.out").read_text())
    d.note((WORK / "keep.out").read_text())
    d.note(d.state("k1"))
    d.expect(support.cgroups_below(d.cgroup_parent), "the cgroup is gone before delete")
    d("delete", "k1")


@case("as conmon-rs does: flags twice, exec of words with a pid file")
def conmon_rs(d):
    d.make("r1")
    twice = ["--root=" + str(WORK / "state"), "--root=" + str(WORK / "state")]
    with open(WORK / "exec.out", "wb") as out:
        done = subprocess.run([str(RUNTIME), *twice, "exec", "-d", f"--pid-file={WORK}/r1.exec", "r1", "sh", "-c", "echo detached"],
                              stdin=subprocess.DEVNULL, stdout=out, stderr=out, timeout=20)
    d.expect(done.returncode == 0 and (WORK / "r1.exec").read_text().isdigit(), "exec: " + (WORK / "exec.out").read_text())
    wait_until("its output", lambda: (WORK / "exec.out").read_text() == "detached\n")
    done = run([str(RUNTIME), *twice, "exec", "-d", f"--pid-file={WORK}/r1.none", "r1", "nosuch"])
    d.expect(done.code == 255 and not (WORK / "r1.none").exists(), f"exit {done.code}, or a pid file of nothing")
    d("delete", "--force", "r1")


@case("as CRI-O does: exec --process on pipes, kill by number, update from standard input")
def crio(d):
    d.make("c1")
    process = {**d.base["process"], "args": ["sh", "-c", "cat; echo err >&2; exit 3"]}
    (WORK / "process.json").write_text(json.dumps(process))
    done = d("exec", "--process", WORK / "process.json", "c1", stdin="typed\n", code=3)
    d.expect((done.out, done.err) == ("typed\n", "err\n"), done.out + done.err)
    resources = {"memory": {"limit": 64 << 20}, "cpu": {"shares": 300}}
    d("update", "--resources", "-", "c1", stdin=json.dumps(resources))
    d.note(support.cgroup_values((WORK / "c1.pid").read_text()))
    done = run([str(RUNTIME), "features"])
    if done.code == 0:  # Debian's runc has it not yet
        d.expect(done.json()["ociVersionMin"] and done.json()["linux"]["namespaces"], done.out)
    d("kill", "c1", "15")
    d("kill", "c1", "KILL")
    wait_until("it is stopped", lambda: d.state("c1") == "stopped")
    d("delete", "--force", "c1")


@case("as a shim does: the console is taken after create returned, and holds no pipe open")
def console(d):
    path = WORK / "console.sock"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    listener.settimeout(20)
    d.write(d.config("t1", ["sh", "-c", "tty; stty size; exit 4"], terminal=True,
                     consoleSize={"height": 33, "width": 77}))
    # run() reads both pipes to their end: it would not return if the container kept them open.
    d("create", "--bundle", d.bundle, "--console-socket", path, "t1", timeout=20)
    peer, _ = listener.accept()
    message, descriptors, _, _ = socket.recv_fds(peer, 4096, 4)
    d.expect(len(message) > 0 and len(descriptors) == 1, f"{len(message)} bytes, {len(descriptors)} descriptors")
    d("start", "t1")
    output = b""
    try:
        while piece := os.read(descriptors[0], 4096):
            output += piece
    except OSError:
        pass
    d.note(output.decode().replace("\r", ""))
    d.expect(b"33 77" in output, output)
    wait_until("it is stopped", lambda: d.state("t1") == "stopped")
    d("delete", "t1")
    listener.close()


@case("as nerdctl does: hooks get id, pid, bundle and all annotations")
def hooks(d):
    config = d.config("h1", ["true"])
    config["annotations"] = {"nerdctl/networks": "[\"bridge\"]", "other": "x"}
    config["hooks"] = {kind: [{"path": "/bin/sh", "args": ["sh", "-c", f"cat >{WORK}/{kind}.json"]}]
                       for kind in ["createRuntime", "poststop"]}
    d.write(config)
    d("run", "--bundle", d.bundle, "h1")
    for kind in ["createRuntime", "poststop"]:
        told = json.loads((WORK / f"{kind}.json").read_text())
        d.note({key: told.get(key) for key in ["id", "bundle", "annotations"]})
        d.note([told["status"], told.get("pid", 0) > 0])


@case("twenty life cycles in parallel")
def parallel(d):
    def one(number):
        bundle = WORK / f"bundle{number}"
        bundle.mkdir()
        (bundle / "config.json").write_text(json.dumps(d.config(f"p{number}", ["sleep", "1000"])))
        for words in [["create", "--bundle", bundle], ["start"], ["kill"], ["delete", "--force"]]:
            with open(WORK / f"p{number}.out", "wb") as out:
                last = ["KILL"] if words == ["kill"] else []
                code = subprocess.run([*d.command, *words, f"p{number}", *last], stdin=subprocess.DEVNULL,
                                      stdout=out, stderr=out, timeout=30).returncode
            if code != 0:
                raise CaseFailed(f"{words[0]}: " + (WORK / f"p{number}.out").read_text())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(20)))

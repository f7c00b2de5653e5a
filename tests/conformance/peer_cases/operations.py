"""Hooks, kill and features."""

import json
import subprocess

from peer_cases.bundle import case, eventually


def hook(command):
    return {"path": "/bin/sh", "args": ["sh", "-c", command]}


@case("hooks of create read the status creating")
def _(b):
    b.put({"hooks": {"createRuntime": [hook(f"cat > {b.path}/state.json")]}})
    return b.call("create")[0] == 0 and json.loads((b.path / "state.json").read_text())["status"] == "creating"


@case("createContainer hooks read the pid as the container has it")
def _(b):
    b.put({"hooks": {"createContainer": [hook(f"cat > {b.path}/state.json")]}})
    return b.call("create")[0] == 0 and json.loads((b.path / "state.json").read_text())["pid"] == 1


@case("poststart hooks do not run in create")
def _(b):
    b.put({"hooks": {"poststart": [hook(f"touch {b.path}/ran")]}}).script("sleep 5")
    created = b.call("create")[0] == 0 and not (b.path / "ran").exists()
    return created and b.call("start")[0] == 0 and (b.path / "ran").exists()


@case("a failing poststop hook stops neither the others nor delete")
def _(b):
    b.put({"hooks": {"poststop": [hook("exit 1"), hook(f"touch {b.path}/ran")]}})
    b.call("create")
    return b.call("delete", "--force")[0] == 0 and (b.path / "ran").exists()


@case("a hook past its time is killed with what it started")
def _(b):
    command = f"(sleep 2; touch {b.path}/ran) & sleep 5"
    b.put({"hooks": {"createRuntime": [dict(hook(command), timeout=1)]}})
    refused = b.refused()
    subprocess.run(["sleep", "2"], check=True)
    return refused and not (b.path / "ran").exists()


@case("kill without a signal sends the image's stop signal")
def _(b):
    b.put({"annotations": {"org.opencontainers.image.stopSignal": "SIGUSR1"}})
    b.script("trap 'exit 7' USR1; trap 'exit 8' TERM; while :; do sleep 0.05; done")
    (b.path / "config.json").write_text(json.dumps(b.config))
    with subprocess.Popen([*b.runtime, "--root", b.state, "run", b.name], cwd=b.path, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            subprocess.run(["sleep", "1"], check=True)
            b.call("kill")
            return running.wait(timeout=10) == 7
        finally:
            # Ends the container also if the runtime sent no signal.
            b.clean()
            running.kill()


@case("poststart hooks run when the program has been executed")
def _(b):
    # The start is slow, so that a hook that does not wait for it runs too early.
    pid = "$(sed 's/.*\"pid\": *\\([0-9]*\\).*/\\1/')"
    b.put({"hooks": {"startContainer": [hook("sleep 1")],
                     "poststart": [hook(f"cat /proc/{pid}/comm > {b.path}/comm")]}})
    b.config["process"]["args"] = ["/bin/sleep", "20"]
    created = b.call("create")[0] == 0 and b.call("start")[0] == 0
    return created and eventually((b.path / "comm").exists) and (b.path / "comm").read_text() == "sleep\n"


@case("a failing poststart hook ends the container")
def _(b):
    b.put({"hooks": {"poststart": [hook("exit 1")]}}).script("sleep 20")
    failed = b.call("create")[0] == 0 and b.call("start")[0] != 0
    return failed and eventually(lambda: b.status() in ("", "stopped"))


@case("a signal that init ignores leaves a container created")
def _(b):
    created = b.call("create")[0] == 0 and b.call("kill", behind=["WINCH"])[0] == 0
    return created and b.status() == "created" and b.call("start")[0] == 0


@case("kill of a container that has stopped is an error")
def _(b):
    created = b.call("create")[0] == 0 and b.call("start")[0] == 0 and b.reaches("stopped")
    return created and b.call("kill", behind=["KILL"])[0] != 0


def features(b):
    done = subprocess.run([*b.runtime, "features"], capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else {}


@case("features lists time namespaces, idmap and ridmap")
def _(b):
    document = features(b)
    options = document.get("mountOptions", [])
    return "time" in document.get("linux", {}).get("namespaces", []) and {"idmap", "ridmap"} <= set(options)


@case("features lists seccomp's architectures and flags")
def _(b):
    seccomp = features(b).get("linux", {}).get("seccomp") or {}
    return bool(seccomp.get("archs")) and bool(seccomp.get("knownFlags")) and bool(seccomp.get("supportedFlags"))


@case("features has rdma, memoryPolicy and netDevices")
def _(b):
    part = features(b).get("linux", {})
    return part.get("cgroup", {}).get("rdma") is True and "memoryPolicy" in part and "netDevices" in part

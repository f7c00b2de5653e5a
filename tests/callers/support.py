"""Shared code of the callers' tests: cases, steps and their records, the private host, the check for leftovers."""

import difflib
import hashlib
import io
import json
import os
import pty
import re
import secrets
import select
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import traceback
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[2]
DOCUMENT = SOURCES / "docs/callers.md"

# The path of crux in docs/callers.md; in the mount namespace of a pass it is the runtime under test.
RUNTIME = Path("/usr/local/bin/crux")
WORK = Path("/run/callers")
IMAGE = "localhost/bb:1"
CGROUPS = Path("/sys/fs/cgroup")
# The cgroup of podman for processes without a parent cgroup, such as a pod's conmon; podman does not remove it.
PODMAN_PARENT = "libpod_parent"
# Whether systemd makes the containers' cgroups in this pass.
SYSTEMD = False
# The slowdown of this machine compared with ordinary hardware, set by tests/vm/run.
SLOWDOWN = int(os.environ.get("CRUX_TESTS_SLOWDOWN", "1"))
# Podman 5 warns of cgroup v1 at every command, between the lines that the cases compare.
os.environ["PODMAN_IGNORE_CGROUPSV1_WARNING"] = "1"
# The architecture names of images for those of uname.
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


# The last case of every caller: it must hold, whatever the reference runtime does.
LEFT_NOTHING = "nothing is left behind"


class CaseFailed(Exception):
    """An expectation failed."""


class CaseLeftOut(Exception):
    """This machine cannot run the case with any runtime; the message is the reason."""


class Outcome:
    """How a command ended: its exit code (128 and the signal if one killed it), standard output and error."""

    def __init__(self, code, out, err):
        self.code = code if code >= 0 else 128 - code
        self.out = out
        self.err = err

    def json(self):
        return json.loads(self.out)


_cases = []


def case(title):
    """Makes a function a case of the caller in whose file it stands; cases run in the order of the file."""

    def register(function):
        _cases.append((title, function))
        return function

    return register


def normal(text):
    """The text without what differs from run to run: identifiers and times. Also without the place in config.json
    that crux adds to a sentence, which other runtimes cannot name, and without the words that runc has put before a
    program that is not found since 1.2, which Debian's 1.1 does not; and without the warning of capabilities that
    cannot be granted, which the specification wants (config.md, process.capabilities) and Debian's runc does not give;
    and without the warnings of Debian 13's runc about a container that has no cgroup; and without what docker's client
    says or not, as it happens to hear first of a failed start."""
    text = re.sub(r"time=\S+ level=warning msg=\"(cannot toggle freezer: cgroups not configured for container|"
                  r"lstat : no such file or directory)\"\n", "", text)
    text = re.sub(r".*error waiting for container: context canceled.*\n", "", text)
    text = re.sub(r"time=\S+ level=warning msg=.*(cannot hold what permitted|can't raise ambient capability) .*\n", "", text)
    text = re.sub(r"\b[0-9a-f]{64}\b", "<id>", text)
    text = re.sub(r"\b[0-9a-f]{12}\b", "<id>", text)
    text = re.sub(r"crux-callers-[0-9a-f]{8}|cruxcallers[0-9a-f]{8}\.slice", "<parent>", text)
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?(Z|[+-]\d\d:?\d\d))?( UTC)?", "<time>", text)
    text = text.replace("error during container init: exec: ", "exec: ")
    return re.sub(r" \((config|process)\.json: /[^)]*\)", "", text)


def run(words, stdin=None, timeout=60, tty=False, env=None, cwd=None):
    """Runs a program to its end and returns its Outcome; on a terminal, all its output is out."""
    timeout *= SLOWDOWN
    if tty:
        return _run_on_terminal(words, stdin or "", timeout, env)
    done = subprocess.run(words, input=stdin or "", capture_output=True, text=True, timeout=timeout, env=env, cwd=cwd)
    return Outcome(done.returncode, done.stdout, done.stderr)


def _run_on_terminal(words, typed, timeout, env):
    pid, master = pty.fork()
    if pid == 0:
        os.execvpe(words[0], words, env or os.environ)
    os.write(master, typed.encode())
    output = b""
    end = time.monotonic() + timeout
    while True:
        ready, _, _ = select.select([master], [], [], max(0, end - time.monotonic()))
        if not ready:
            os.kill(pid, signal.SIGKILL)
            break
        try:
            piece = os.read(master, 65536)
        except OSError:  # EIO: no process has the other side open any more
            break
        if not piece:
            break
        output += piece
    _, status = os.waitpid(pid, 0)
    os.close(master)
    return Outcome(os.waitstatus_to_exitcode(status), output.decode(errors="replace").replace("\r\n", "\n"), "")


def wait_until(what, condition, seconds=20):
    """Calls the condition until it returns something true, and returns that."""
    end = time.monotonic() + seconds * SLOWDOWN
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise CaseFailed(f"not after {seconds} s: {what}")
        time.sleep(0.05)


class Caller:
    """One real caller. A subclass implements its start and the first words of its command line."""

    # The words before those of a step.
    command = []
    # Mounts that the caller itself makes once and keeps.
    own_mounts = set()

    def __init__(self):
        # The name of the parent of all its containers' cgroups.
        self.cgroup_parent = f"crux-callers-{secrets.token_hex(4)}" if not SYSTEMD else f"cruxcallers{secrets.token_hex(4)}.slice"
        self.record = []
        self.daemons = []
        self.reference_may_fail = None

    def start(self):
        """Prepares the caller to make containers from IMAGE."""

    def stop(self):
        """Ends what start began."""
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        self.daemons = []

    def daemon(self, words, ready, seconds=40):
        """Starts a daemon with its output in a file of its name, and waits until it is ready."""
        log = open(WORK / (Path(words[0]).name + ".log"), "ab")
        child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.daemons.append(child)

        def up():
            if child.poll() is not None:
                raise CaseFailed(f"{words[0]} ended with {child.returncode}:\n" + Path(log.name).read_text()[-2000:])
            return ready()

        wait_until(f"{words[0]} is ready", up, seconds)
        return child

    def __call__(self, *words, code=0, says=None, quiet=False, compare="both", **how):
        """A step: runs the caller's command, records how it went, and checks the exit code and words in its output.
        compare selects the output that must be the same with each runtime: both, out or nothing. A quiet step is
        not recorded at all."""
        words = [str(word) for word in words]
        done = run(self.command + words, **how)
        if not quiet:
            self.note("$ " + " ".join(words))
            self.note(f"exit {done.code}")
        if compare in ("both", "out") and not quiet:
            self.note(done.out, "out| ")
        if compare == "both" and not quiet:
            self.note(done.err, "err| ")
        shown = f"{' '.join(words)}\nexit {done.code}\n{done.out}{done.err}"
        if code is not None and done.code != code:
            raise CaseFailed(f"expected exit code {code}: {shown}")
        for phrase in [says] if isinstance(says, str) else says or []:
            if not re.search(phrase, done.out + done.err):
                raise CaseFailed(f"expected the words {phrase!r}: {shown}")
        return done

    def note(self, text, prefix=""):
        """Records something that must be the same with each runtime."""
        if not isinstance(text, str):
            text = json.dumps(text, sort_keys=True)
        self.record += [prefix + line for line in normal(text).splitlines()]

    def may_fail(self, reason):
        """From now on the reference runtime may fail in this case, for this reason; crux must not."""
        self.reference_may_fail = reason

    def expect(self, truth, what):
        """Fails the case with this message if the condition is false."""
        if not truth:
            raise CaseFailed(what)


# The private host of a pass: a mount, pid and network namespace of its own, in which only these directories are new.

# The callers' directories in /run, which cannot be replaced as a whole because of systemd's sockets.
IN_RUN = ["callers", "containerd", "containers", "libpod", "runc", "crux", "netns"]


def make_private_host(runtime):
    """Called in a new mount namespace: empty folders where callers keep their things, /etc and /var/lib as copies that
    may be written, and the runtime at the place that the document names."""
    for folder in [*(["/run"] if not SYSTEMD else ["/run/" + name for name in IN_RUN]), "/usr/local/bin"]:
        Path(folder).mkdir(exist_ok=True)
        _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", folder)
    WORK.mkdir(exist_ok=True)
    for folder in ["/etc", "/var/lib"]:
        layers = Path(f"{WORK}/layers{folder}")
        for name in ["upper", "work"]:
            (layers / name).mkdir(parents=True)
        options = f"lowerdir={folder},upperdir={layers}/upper,workdir={layers}/work"
        _mount("-t", "overlay", "-o", options, "overlay", folder)
    # Not in that overlay: storage drivers make their own overlays, for which it cannot be the upper layer.
    for name in ["containers", "docker", "containerd", "cni", "buildkit"]:
        place = Path("/var/lib") / name
        place.mkdir(exist_ok=True)
        _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(place))
    os.chdir(WORK)
    # A copy, so that users who cannot reach the build directory can run it.
    shutil.copy(runtime, RUNTIME)
    RUNTIME.chmod(0o755)
    helper = Path(runtime).with_name("crux-systemd")
    if SYSTEMD and helper.exists():
        shutil.copy(helper, RUNTIME.with_name(helper.name))
    _make_private_cgroup_top()


def _make_private_cgroup_top():
    """The tmpfs in which v1 hierarchies are mounted becomes our own: podman makes plain folders in it for controllers
    that the kernel does not have, and leaves them."""
    lines = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    kinds = {words[4]: words[words.index("-") + 1] for words in lines}
    if kinds.get(str(CGROUPS)) != "tmpfs":
        return
    top = WORK / "cgroup"
    top.mkdir()
    _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(top))
    for entry in sorted(CGROUPS.iterdir()):
        if entry.is_symlink():
            (top / entry.name).symlink_to(os.readlink(entry))
        elif kinds.get(str(entry), "").startswith("cgroup"):
            (top / entry.name).mkdir()
            _mount("--bind", str(entry), str(top / entry.name))
    subprocess.run(["umount", "-R", "-l", str(CGROUPS)], check=True, timeout=20)
    _mount("--move", str(top), str(CGROUPS))


def _mount(*words):
    subprocess.run(["mount", *words], check=True, timeout=20)


def make_rootfs():
    """A root filesystem of busybox, and the same as an archive; returns both."""
    rootfs = WORK / "rootfs"
    if not rootfs.exists():
        for name in ["bin", "etc", "proc", "sys", "dev", "tmp", "root", "run", "var", "home/app"]:
            (rootfs / name).mkdir(parents=True)
        (rootfs / "tmp").chmod(0o1777)
        os.chown(rootfs / "home/app", 1000, 1000)
        subprocess.run(["cp", "/bin/busybox", str(rootfs / "bin/busybox")], check=True, timeout=20)
        names = run(["/bin/busybox", "--list"]).out.split()
        for name in names:
            if name != "busybox":
                (rootfs / "bin" / name).symlink_to("busybox")
        (rootfs / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n")
        (rootfs / "etc/group").write_text("root:x:0:\napp:x:1000:\nextra:x:2000:app\n")
        subprocess.run(["tar", "-C", str(rootfs), "-cf", str(WORK / "rootfs.tar"), "."], check=True, timeout=60)
    return rootfs, WORK / "rootfs.tar"


def make_image(tag, entry=("/bin/sh",), folder=None):
    """An archive as `docker save` writes it, of an image with this tag and one layer, the busybox root or a directory."""
    _, layer = make_rootfs()
    if folder:
        layer = WORK / (folder.name + ".tar")
        subprocess.run(["tar", "-C", str(folder), "-cf", str(layer), "."], check=True, timeout=60)
    digest = hashlib.sha256(layer.read_bytes()).hexdigest()
    config = json.dumps({"architecture": MACHINES.get(os.uname().machine, os.uname().machine), "os": "linux",
                         "config": {"Env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], "Cmd": list(entry)},
                         "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest]}})
    name = hashlib.sha256(config.encode()).hexdigest() + ".json"
    manifest = json.dumps([{"Config": name, "RepoTags": [tag], "Layers": ["layer.tar"]}])
    archive = WORK / (name[:12] + ".tar")
    with tarfile.open(archive, "w") as out:
        out.add(layer, "layer.tar")
        for member, text in [(name, config), ("manifest.json", manifest)]:
            info = tarfile.TarInfo(member)
            info.size = len(text)
            out.addfile(info, io.BytesIO(text.encode()))
    return archive


def documented(path):
    """The block of docs/callers.md that follows the first line ending in `path`: — exactly the text to write
    to that file."""
    lines = DOCUMENT.read_text().splitlines()
    for number, line in enumerate(lines):
        if line.endswith(f"`{path}`:"):
            begin = next(i for i in range(number, len(lines)) if lines[i].startswith("```"))
            end = next(i for i in range(begin + 1, len(lines)) if lines[i].startswith("```"))
            return "\n".join(lines[begin + 1:end]) + "\n"
    raise CaseFailed(f"docs/callers.md has no block for {path}")


def write_documented(path):
    """Writes the documented block to the file that it is for."""
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(documented(path))


def can_raise_limits():
    """Whether this process may raise hard resource limits (CAP_SYS_RESOURCE)."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"CapEff:\s*([0-9a-f]+)", status)[1], 16) >> 24 & 1 == 1


# Leftovers.

def processes():
    """pid: command line of each process of this pid namespace, except the pass itself and kernel threads."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) not in (1, os.getpid()):
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                name, _, rest = (entry / "stat").read_text().rpartition(")")
            except OSError:
                continue
            state, parent = rest.split()[:2]
            if not (SYSTEMD and (name.endswith("(kthreadd") or parent == "2")):
                found[int(entry.name)] = line or f"({state})"
    return found


def scope_of(pid):
    """The systemd scope of a process."""
    cgroup = Path(f"/proc/{pid}/cgroup").read_text().splitlines()[-1]
    if not cgroup.endswith(".scope"):
        raise CaseFailed(f"not in a scope of systemd: {cgroup}")
    return cgroup.rpartition("/")[2]


def cgroups_below(parent):
    """The cgroup directories below one of this name, in every hierarchy, deepest first."""
    found = []
    for hierarchy in [CGROUPS, *CGROUPS.iterdir()]:
        top = hierarchy / parent.strip("/")
        if top.is_dir() and not hierarchy.is_symlink():
            found += [Path(folder) for folder, _, _ in os.walk(top, topdown=False)]
    return [folder for folder in found if folder.name != parent.strip("/")]


def cgroup_values(pid):
    """The limits of memory, CPU and processes of the cgroup that the process is in, as the host sees them."""
    wanted = {"memory": ["memory.limit_in_bytes", "memory.soft_limit_in_bytes"], "pids": ["pids.max"],
              "cpu": ["cpu.cfs_quota_us", "cpu.shares"], "": ["memory.max", "cpu.max", "cpu.weight", "pids.max"]}
    found = {}
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            for name in wanted.get(controller, []):
                for top in [CGROUPS / controller, CGROUPS / "unified"]:
                    file = top / path.strip("/") / name
                    if file.exists():
                        found[name] = file.read_text().strip()
    return found


def remove_cgroups(parent):
    """Removes the parent cgroup, which callers make and leave, and all below it; waits a limited time for processes to exit."""
    tops = [hierarchy / parent for hierarchy in [CGROUPS, *CGROUPS.iterdir()] if not hierarchy.is_symlink()]
    end = time.monotonic() + 10
    while (left := [top for top in tops if top.is_dir()]) and time.monotonic() < end:
        for top in left:
            for folder, _, _ in os.walk(top, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:
                    time.sleep(0.05)


def _thaw(parent):
    for folder in cgroups_below(parent):
        for name, word in [("freezer.state", "THAWED"), ("cgroup.freeze", "0")]:
            if (folder / name).exists():
                (folder / name).write_text(word)


def mounts():
    return {line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()}


def _states():
    """The state of containers in all state roots that callers use."""
    places = ["/run/runc", "/run/crux", "/run/containerd/runc", "/run/docker/runtime-runc", "/run/docker/runtime-crux"]
    return [str(file) for place in places for file in Path(place).glob("**/state.json")]


def _daemons(caller):
    """The daemons that the caller's start began, and their children."""
    found = {daemon.pid for daemon in caller.daemons}
    for pid in list(found):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found |= {int(child) for child in (task / "children").read_text().split()}
    return found


def left_behind(caller, processes_before, mounts_before):
    """What exists after the removal of all containers and did not exist before."""
    known = processes_before | _daemons(caller)
    found = [f"process {line}" for pid, line in processes().items() if pid not in known]
    found += [f"mount {place}" for place in sorted(mounts() - mounts_before - caller.own_mounts)]
    found += [f"state {file}" for file in _states()]
    # podman puts conmon in a cgroup of this name, and leaves it.
    names = {folder.name for folder in cgroups_below(caller.cgroup_parent)} - {"conmon"}
    found += [f"cgroup {name}" for name in sorted(names)]
    return found


# A pass: all cases of one caller with one runtime.

def run_pass(caller, only="", titles=None):
    """Runs the cases whose title holds these words, or those with these titles if they all exist; returns a list of
    {title, record, failed, left_out}."""
    chosen = [title for title, _ in _cases if only in title]
    if titles and not set(titles) - {LEFT_NOTHING} - set(chosen):
        chosen = titles
    results = []
    processes_before = processes()
    own_parents = {PODMAN_PARENT} - {folder.name for folder in CGROUPS.glob("*/*")}
    try:
        caller.start()
        mounts_before, daemons_before = mounts(), processes().keys()
        for title, function in _cases:
            if title in chosen:
                results.append(_run_case(caller, title, function))
        results.append(_run_case(caller, LEFT_NOTHING, lambda c: _check_left(c, daemons_before, mounts_before)))
    except Exception as error:  # the caller itself could not start: reported as one result
        results.append(_result("the caller starts", caller, failed=_words_of(error)))
    finally:
        caller.stop()
    _thaw(caller.cgroup_parent)  # a frozen process does not die
    for pid in processes().keys() - processes_before.keys():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    for parent in [caller.cgroup_parent, *own_parents]:
        remove_cgroups(parent)
    return results


def _check_left(caller, processes_before, mounts_before):
    end = time.monotonic() + 10
    while left := left_behind(caller, processes_before, mounts_before):
        if time.monotonic() > end:
            more = [f"and {len(left) - 20} more"] if len(left) > 20 else []
            raise CaseFailed("left behind:\n" + "\n".join(left[:20] + more))
        time.sleep(0.1)


def _run_case(caller, title, function):
    caller.record = []
    caller.reference_may_fail = None
    begin = time.monotonic()
    failed = left_out = None
    try:
        function(caller)
    except CaseLeftOut as reason:
        left_out = str(reason)
    except Exception as error:
        failed = _words_of(error)
    seconds = time.monotonic() - begin
    if os.environ.get("CRUX_CALLERS_TIMES"):
        print(f"{seconds:6.2f} s  {title}", file=sys.stderr)
    return _result(title, caller, failed, left_out)


def _result(title, caller, failed=None, left_out=None):
    return {"title": title, "record": caller.record, "failed": failed, "left_out": left_out,
            "may_fail": caller.reference_may_fail}


def _words_of(error):
    if isinstance(error, (CaseFailed, subprocess.SubprocessError)):
        return str(error)
    return "".join(traceback.format_exception(error)[-3:])


# The comparison.

def compare(reference, ours):
    """Two passes of the same cases to a list of (verdict, title, words); verdicts: passed, failed, left out."""
    verdicts = []
    theirs = {result["title"]: result for result in reference}
    for result in ours:
        title = result["title"]
        other = theirs.pop(title, None)
        if other is None:
            verdicts.append(("failed", title, result["failed"] or "the reference runtime did not get to this case"))
        elif result["left_out"]:
            verdicts.append(("left out", title, result["left_out"]))
        elif result["failed"] and other["failed"] and title != LEFT_NOTHING and normal(result["failed"]) == normal(other["failed"]):
            verdicts.append(("left out", title, "the reference runtime fails here in the same way: " + other["failed"]))
        elif result["failed"]:
            words = result["failed"]
            if other["failed"]:
                words += "\nand with the reference runtime: " + other["failed"]
            verdicts.append(("failed", title, words))
        elif other["failed"] and result["may_fail"]:
            verdicts.append(("passed", title, "not compared from where the reference runtime fails: " + result["may_fail"]))
        elif other["failed"]:
            verdicts.append(("left out", title, "only the reference runtime fails here: " + other["failed"]))
        elif result["record"] != other["record"]:
            verdicts.append(("failed", title, "\n".join(difflib.unified_diff(
                other["record"], result["record"], "reference", "crux", lineterm="", n=2))))
        else:
            verdicts.append(("passed", title, ""))
    verdicts += [("failed", title, theirs[title]["failed"] or "ran with the reference runtime only") for title in theirs]
    return verdicts

"""containerd's CRI plugin, as the kubelet drives it: a small client over its public gRPC interface.

Messages are written by hand, as lists of (field number, value), in the wire form of Protocol Buffers; the numbers
are those of the interface's runtime.v1 definition.
"""

import support
from support import WORK, Caller, CaseFailed, case, run, wait_until

try:
    import grpc
except ImportError:
    grpc = None

IMAGE = "localhost/bb:1"
PAUSE = "localhost/pause:1"
POD, CONTAINER, NODE = 0, 1, 2  # NamespaceMode
STATES = ["created", "running", "exited", "unknown"]


def varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while True:
        out.append(number & 0x7F | (0x80 if number > 0x7F else 0))
        number >>= 7
        if not number:
            return bytes(out)


def message(*fields):
    """The wire form; a list of fields is a message within."""
    out = b""
    for number, value in fields:
        if isinstance(value, (bool, int)):
            out += varint(number << 3) + varint(int(value))
        else:
            data = message(*value) if isinstance(value, list) else value.encode()
            out += varint(number << 3 | 2) + varint(len(data)) + data
    return out


def fields_of(data):
    """The last value of each field: a number, or bytes."""
    found, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        tag = number()
        if tag & 7 == 0:
            found[tag >> 3] = number()
        elif tag & 7 == 2:
            length = number()
            found[tag >> 3] = data[at:at + length]
            at += length
        else:
            raise CaseFailed(f"an answer has a field of wire type {tag & 7}")
    return found


class Cri(Caller):
    def start(self):
        self.expect(grpc, "python3-grpcio is not there for this python3")
        config = support.documented("/etc/containerd/config.toml")
        if support.SYSTEMD:
            config = config.replace("\nBinaryName", "\nSystemdCgroup = true\nBinaryName")
            self.expect("SystemdCgroup" in config, config)
        lines = ['[plugins."io.containerd.grpc.v1.cri"]', f'sandbox_image = "{PAUSE}"']
        if not support.can_raise_limits():
            print("cri: restrict_oom_score_adj is set, scores cannot be lowered on this machine")
            lines.append("restrict_oom_score_adj = true")
        lines += ['[plugins."io.containerd.grpc.v1.cri".cni]', 'bin_dir = "/usr/lib/cni"']
        file = support.Path("/etc/containerd/config.toml")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(config + "\n" + "\n".join(lines) + "\n")
        network = support.Path("/etc/cni/net.d/10-pods.conflist")
        network.parent.mkdir(parents=True, exist_ok=True)
        network.write_text('{"cniVersion": "0.4.0", "name": "pods", "plugins": [{"type": "bridge", "bridge": "pods0",'
                           ' "isGateway": true, "ipam": {"type": "host-local", "subnet": "10.99.0.0/16"}}]}')
        self.daemon(["containerd"], lambda: run(["ctr", "version"]).code == 0)
        for archive in [support.make_image(IMAGE), support.make_image(PAUSE, ["/bin/sleep", "100000"])]:
            done = run(["ctr", "-n", "k8s.io", "image", "import", str(archive)])
            self.expect(done.code == 0, done.err)
        self.channel = grpc.insecure_channel("unix:///run/containerd/containerd.sock")
        wait_until("the images are seen", lambda: fields_of(self.call("ListImages", service="ImageService")))
        self.pods = []

    def stop(self):
        for pod in getattr(self, "pods", []):
            for method in ["StopPodSandbox", "RemovePodSandbox"]:
                try:
                    self.call(method, (1, pod[0]))
                except CaseFailed:
                    pass
        super().stop()

    def call(self, method, *fields, service="RuntimeService", timeout=30):
        asked = self.channel.unary_unary(f"/runtime.v1.{service}/{method}", lambda sent: sent, lambda got: got)
        try:
            return asked(message(*fields), timeout=timeout)
        except grpc.RpcError as error:
            raise CaseFailed(f"{method}: {error.code().name}: {error.details()}") from None

    def refused(self, words, method, *fields):
        """A call that must be refused in these words."""
        try:
            self.call(method, *fields)
        except CaseFailed as error:
            self.expect(words in str(error), str(error))
            self.note(" ".join(str(error).split()[:2]))
            return
        raise CaseFailed(f"{method} was not refused")

    def pod(self, name, network=POD, pid=POD):
        """A pod; returns its identifier and configuration."""
        # A pod in the network of the host has its name, too.
        hostname = [] if network == NODE else [(2, name)]
        config = [(1, [(1, name), (2, name), (3, "tests")]), *hostname, (3, str(WORK / "logs")),
                  (8, [(1, "/" + self.cgroup_parent), (2, [(1, [(1, network), (2, pid)])])])]
        pod = fields_of(self.call("RunPodSandbox", (1, config), (2, "crux")))[1].decode(), config
        self.pods.append(pod)
        return pod

    def container(self, pod, name, command, resources=(), security=(), fields=(), start=True):
        config = [(1, [(1, name)]), (2, [(1, IMAGE)]), *[(3, word) for word in command], *fields, (11, name + ".log"),
                  (15, [(1, list(resources)), (2, list(security))])]
        made = fields_of(self.call("CreateContainer", (1, pod[0]), (2, config), (3, pod[1])))[1].decode()
        if start:
            self.call("StartContainer", (1, made))
        return made

    def status(self, container):
        status = fields_of(fields_of(self.call("ContainerStatus", (1, container)))[1])
        return STATES[status.get(3, 0)], status.get(7, 0), status.get(10, b"").decode()

    def reach(self, container, *expected):
        wait_until(f"the container is {expected}", lambda: self.status(container)[:len(expected)] == expected)
        self.note(list(self.status(container)))

    def log(self, name):
        """What a container wrote, as the kubelet's log file has it, without its times."""
        file = WORK / "logs" / (name + ".log")
        lines = file.read_text().splitlines() if file.exists() else []
        return [line.split(" ", 1)[1] for line in lines]

    def exec(self, container, *command, timeout=10):
        answer = fields_of(self.call("ExecSync", (1, container), *[(2, word) for word in command], (3, timeout)))
        result = [answer.get(1, b"").decode(), answer.get(2, b"").decode(), answer.get(3, 0)]
        self.note(result)
        return result

    def remove(self, pod):
        self.call("StopPodSandbox", (1, pod[0]))
        self.call("RemovePodSandbox", (1, pod[0]))
        self.pods.remove(pod)


CALLER = Cri


@case("a pod's container: log, state, exit code")
def life(c):
    pod = c.pod("life")
    made = c.container(pod, "l1", ["sh", "-c", "echo out; echo err >&2; hostname; exit 7"], start=False)
    c.reach(made, "created")
    c.call("StartContainer", (1, made))
    c.reach(made, "exited", 7)
    lines = sorted(c.log("l1"))
    c.note(lines)
    c.expect(lines == ["stderr F err", "stdout F life", "stdout F out"], str(lines))
    c.call("RemoveContainer", (1, made))
    c.call("RemoveContainer", (1, made))  # must be idempotent
    c.remove(pod)


@case("a program that is not there, and a mount that is not")
def no_program(c):
    pod = c.pod("none")
    for name, command in [("n1", "nosuch"), ("n2", "/no/such"), ("n3", "/etc/passwd")]:
        made = c.container(pod, name, [command], start=False)
        c.refused(f'exec: "{command}": ', "StartContainer", (1, made))
        c.reach(made, "exited", 128)
    c.remove(pod)


@case("exec: output, exit code, time-out, missing program")
def execs(c):
    pod = c.pod("exec")
    made = c.container(pod, "e1", ["sleep", "1000"])
    c.exec(made, "sh", "-c", "echo out; echo err >&2; exit 5")
    c.exec(made, "cat", "/proc/self/cgroup", "/no/such")
    c.refused("executable file not found in $PATH", "ExecSync", (1, made), (2, "nosuch"), (3, 10))
    c.refused("timeout", "ExecSync", (1, made), (2, "sleep"), (2, "100"), (3, 1))
    c.exec(made, "true")
    c.remove(pod)


@case("stop: by signal in time, by force after it")
def stops(c):
    pod = c.pod("stop")
    made = c.container(pod, "s1", ["sh", "-c", "trap 'exit 9' TERM; echo ready; while :; do sleep 0.1; done"])
    wait_until("it is ready", lambda: c.log("s1"))
    c.call("StopContainer", (1, made), (2, 10))
    c.reach(made, "exited", 9)
    made = c.container(pod, "s2", ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"])
    wait_until("it is ready", lambda: c.log("s2"))
    c.call("StopContainer", (1, made), (2, 1))
    c.reach(made, "exited", 137)
    c.call("StopContainer", (1, made), (2, 1))  # must be idempotent
    c.remove(pod)


@case("limits, their update, and the report of a container out of memory")
def limits(c):
    pod = c.pod("limits")
    shown = "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes cpu/cpu.cfs_quota_us cpu/cpu.shares 2>/dev/null || cat memory.max cpu.max cpu.weight"
    made = c.container(pod, "l1", ["sleep", "1000"], resources=[(1, 100000), (2, 50000), (3, 512), (4, 64 << 20)])
    c.expect(str(64 << 20) in c.exec(made, "sh", "-c", shown)[0], "the limit is not there")
    c.call("UpdateContainerResources", (1, made), (2, [(1, 100000), (2, 75000), (3, 256), (4, 96 << 20)]))
    c.expect(str(96 << 20) in c.exec(made, "sh", "-c", shown)[0], "the limit was not updated")
    made = c.container(pod, "l2", ["dd", "if=/dev/zero", "of=/dev/null", "bs=100M"], resources=[(4, 16 << 20)])
    wait_until("it is dead of memory", lambda: c.status(made)[2] == "OOMKilled")
    c.reach(made, "exited", 137, "OOMKilled")
    c.remove(pod)


@case("security: user, groups, capabilities, read-only root, no new privileges, masked paths")
def security(c):
    pod = c.pod("security")
    status = ["sh", "-c", "id; grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status; touch /x"]
    settings = {"c1": [], "c2": [(5, [(1, 1000)]), (12, [(1, 1000)]), (8, 2000)], "c3": [(6, "app")],
                "c4": [(1, [(1, "NET_ADMIN"), (2, "CHOWN")])], "c5": [(7, True)], "c6": [(11, True)],
                "c7": [(13, "/etc/passwd"), (14, "/tmp")], "c8": [(15, [(1, 0)])]}
    for name, setting in settings.items():
        made = c.container(pod, name, status, security=setting)
        wait_until("it is done", lambda: c.status(made)[0] == "exited")
        c.note([name, c.status(made)[1], sorted(c.log(name))])
    c.remove(pod)


@case("mounts, environment, working directory")
def mounts(c):
    pod = c.pod("mounts")
    (WORK / "volume").mkdir(exist_ok=True)
    (WORK / "volume/file").write_text("shared\n")
    made = c.container(pod, "m1", ["sh", "-c", "cat /data/file; echo $A; pwd; touch /data/x"], fields=[
        (5, "/tmp"), (6, [(1, "A"), (2, "b c")]), (7, [(1, "/data"), (2, str(WORK / "volume")), (3, True)])])
    c.reach(made, "exited", 1)
    c.note(sorted(c.log("m1")))
    c.remove(pod)


@case("pods share namespaces: network and IPC always, processes where asked, or the host's")
def namespaces(c):
    pod = c.pod("shared")
    security = [(3, [(2, POD)])]
    made = c.container(pod, "p1", ["sleep", "1000"], security=security)
    other = c.container(pod, "p2", ["sh", "-c", "echo $$; ps | grep -c '[s]leep 1000$'; ip -o addr | grep -c 10.99"], security=security)
    c.reach(other, "exited", 0)
    c.note(c.log("p2")[1:])
    c.call("StopContainer", (1, made), (2, 0))
    c.remove(pod)
    pod = c.pod("host", network=NODE, pid=NODE)
    made = c.container(pod, "h1", ["sh", "-c", "sleep 1234 & sleep 1234"], security=[(3, [(1, NODE), (2, NODE)])])
    sleepers = lambda: [line for line in support.processes().values() if line == "sleep 1234"]
    wait_until("both sleep", lambda: len(sleepers()) == 2)
    c.call("StopContainer", (1, made), (2, 0))
    wait_until("its processes are gone", lambda: not sleepers())
    c.remove(pod)


@case("a pod is removed with its containers running")
def removal(c):
    pod = c.pod("removed")
    c.container(pod, "r1", ["sleep", "1000"])
    c.container(pod, "r2", ["sleep", "1000"], start=False)
    c.call("StopPodSandbox", (1, pod[0]))
    c.call("StopPodSandbox", (1, pod[0]))  # must be idempotent
    c.remove(pod)

"""A bundle for one runtime, and the list of cases: functions that get a bundle and return whether the runtime
conforms to the specification."""

import json
import os
import pathlib
import subprocess
import tempfile
import time

import examples

CASES = []


def case(title):
    def register(function):
        CASES.append((title, function))
        return function
    return register


class Skip(Exception):
    pass


class Bundle:
    """A bundle for one runtime, with the config of `crux spec` to begin with."""

    def __init__(self, runtime, crux, folder):
        self.runtime, self.work = runtime, pathlib.Path(folder)
        self.path, self.state = self.work / "bundle", self.work / "state"
        self.rootfs = self.path / "rootfs"
        self.name = f"crux-test-{os.getpid()}-peer"
        self.path.mkdir()
        os.chmod(folder, 0o755)
        examples.make_root(self.rootfs)
        self.crux = crux
        subprocess.run([crux, "spec", "--bundle", self.path], check=True)
        self.config = json.loads((self.path / "config.json").read_text())
        self.config["process"]["terminal"] = False
        self.config["ociVersion"] = "1.0.2"
        self.script("true")

    def put(self, patch):
        self.config = examples.put_over(self.config, patch)
        return self

    def script(self, text):
        self.config["process"]["args"] = ["/bin/sh", "-c", text]
        return self

    def call(self, *words, umask=None, behind=()):
        """Exit code and output; `behind` are the words after the container's name."""
        if words[0] in ("run", "create"):
            (self.path / "config.json").write_text(json.dumps(self.config))
        # No stream is the host's null device: one peer changes the owner of its streams to the container's user.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run([*self.runtime, "--root", self.state, *words, self.name, *behind], cwd=self.path,
                                  input="", text=True, stdout=output, stderr=subprocess.STDOUT, timeout=20,
                                  check=False, **({} if umask is None else {"umask": umask}))
            output.seek(0)
            return done.returncode, output.read()

    def run(self, **options):
        return self.call("run", **options)

    def prints(self, text):
        code, output = self.run()
        return code == 0 and output.strip() == text

    def refused(self):
        return self.run()[0] != 0

    def status(self):
        """The container's status; "" if it does not exist any more."""
        code, output = self.call("state")
        return json.loads(output)["status"] if code == 0 else ""

    def reaches(self, status):
        return eventually(lambda: self.status() == status)

    def pid(self):
        return json.loads(self.call("state")[1])["pid"]

    def clean(self):
        subprocess.run([*self.runtime, "--root", self.state, "delete", "--force", self.name], timeout=20,
                       capture_output=True, check=False)


def need_kernel(major, minor, what):
    if tuple(map(int, os.uname().release.split(".")[:2])) < (major, minor):
        raise Skip(f"{what} (Linux {major}.{minor})")


def eventually(condition, seconds=5):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True

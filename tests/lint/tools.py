"""The checks that run an external program. A program that is missing or fails is an error."""

import re
import shutil
import subprocess

from sources import EVERY, Fault

SHELL = re.compile(r"#! *(?:/usr)?/bin/(?:env +)?(?:busybox +)?(ba|da)?sh\b")


def run(tree, program, words, seconds=300):
    """(exit code, lines of both outputs)"""
    if shutil.which(program) is None:
        raise Fault(f"{program} is not installed")
    try:
        done = subprocess.run([program, *words], cwd=tree.root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as fault:
        raise Fault(f"{program} did not finish within {seconds} seconds") from fault
    return done.returncode, done.stdout.splitlines()


def found(program, code, lines, pattern):
    """The lines that are findings. An exit status other than 0 without a finding is an error."""
    findings = [line for line in lines if re.search(pattern, line)]
    if code != 0 and not findings:
        raise Fault("\n".join([f"{program} exited with status {code}", *lines[-5:]]))
    return findings


def check_format(tree):
    paths = [source.path for source in tree.sources(*EVERY) if source.path.endswith((".cc", ".h", ".c"))]
    for start in range(0, len(paths), 40):
        code, lines = run(tree, "clang-format-19", ["--dry-run", "-Werror", *paths[start:start + 40]])
        findings = found("clang-format-19", code, lines, "clang-format-violations")
        for path in sorted({line.split(":")[0] for line in findings}):
            yield f"{path}: run clang-format-19 -i"


def scripts(tree):
    for path in tree.files("."):
        if path.endswith(".sh") or "." not in path.rpartition("/")[2]:
            with open(tree.root / path, "rb") as file:
                if path.endswith(".sh") or SHELL.match(file.readline(100).decode(errors="replace")):
                    yield path


def check_shell(tree):
    words = ["-x", "--source-path=SCRIPTDIR", "--shell=bash", "--format=gcc", *scripts(tree)]
    code, lines = run(tree, "shellcheck", words)
    yield from found("shellcheck", code, lines, r"^[^:]+:\d+:\d+: ")

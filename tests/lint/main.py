#!/usr/bin/env python3
"""Checks the sources without running them. Each check prints "ok NAME", or "FAIL NAME: reason" and the places.

usage: tests/lint.sh [--root DIRECTORY] [--only NAME[,NAME…] | --skip NAME[,NAME…]] [BUILD-DIRECTORY]
       tests/lint.sh --list

--root checks another tree. --only runs the named checks, --skip all but the named ones. --list prints the names.
The checks clang-tidy, dead-code and hardening need a BUILD-DIRECTORY and are skipped without one.
The last line is "N passed, N failed". The exit status is 0 if no check failed.

A comment "lint: allow NAME: reason" on a line, or alone above a statement, makes an exception from that check.
The check "allows" fails if such a comment has no reason, names an unknown check or is not needed.
"""

import argparse
import dataclasses
import functools
import pathlib
import re
import sys

for folder in ("conformance", "security"):
    sys.path.append(str(pathlib.Path(__file__).parents[1] / folder))

import check_docs
import check_security
import dead
import functions
import hardening
import layers
import mutants
import patterns
import tidy
import tools
from sources import EVERY, Fault, Tree

PLACE = re.compile(r"([^:]+):(\d+): ")


@dataclasses.dataclass(frozen=True)
class Check:
    name: str
    why: str
    places: object  # tree, build directory → lines, each "path: …" or "path:line: …"
    needs_build: bool = False


def of_tree(function, *arguments):
    return lambda tree, _: function(tree, *arguments)


CHECKS = (
    *(Check(ban.name, ban.why, of_tree(patterns.check_ban, ban)) for ban in patterns.BANS),
    *(Check(name, why, of_tree(patterns.check_border, header, inside))
      for name, header, why, inside in patterns.BORDERS),
    Check("layering", "includes and linked libraries must agree with the table in docs/architecture.md",
          of_tree(layers.check)),
    Check("file-length", "more than 600 lines is more than one thought", of_tree(patterns.check_length)),
    Check("function-length", f"more than {functions.LINES} lines from the head to the last brace",
          of_tree(functions.check_length)),
    Check("parameters", f"more than {functions.PARAMETERS} parameters", of_tree(functions.check_parameters)),
    Check("documents", "a page or comment names something that does not exist, or a wrong number",
          lambda tree, build: check_docs.faults(tree.root, build)),
    Check("security-claims", "a claim of docs/security.md has no test",
          lambda tree, build: check_security.faults(tree.root)),
    Check("weaknesses", "a change of tests/security/weaknesses.py no longer fits",
          lambda tree, build: mutants.faults(tree.root)),
    Check("pragma-once", "each header guards itself", of_tree(patterns.check_pragma)),
    Check("duplicate-include", "include each header once", of_tree(patterns.check_duplicate_include)),
    Check("no-todo", "what is open is an issue", of_tree(patterns.check_todo)),
    Check("trailing-blanks", "blanks at the end of a line", of_tree(patterns.check_blanks)),
    Check("format", "run: clang-format-19 -i FILE", of_tree(tools.check_format)),
    Check("shellcheck", "shellcheck has a finding", of_tree(tools.check_shell)),
    Check("dead-code", "the product does not use it: remove it, and the tests that test only it", dead.check,
          needs_build=True),
    Check("hardening", "the build does not have a protection of cmake/hardening.cmake", hardening.check, needs_build=True),
    Check("clang-tidy", "clang-tidy has a finding (see .clang-tidy)", tidy.check, needs_build=True),
)
NAMES = (*(check.name for check in CHECKS), "allows")


class Excuses:
    """The comments "lint: allow …" of a tree, and those of them that were needed."""

    def __init__(self, tree):
        self.tree = tree
        self.used = set()

    @functools.cached_property
    def all(self):
        return [(source.path, allow) for source in self.tree.sources(*EVERY) for allow in source.allows]

    def excuse(self, check, place):
        found = PLACE.match(place)
        if not found:
            return False
        for path, allow in self.all:
            if (path, allow.name) == (found.group(1), check) and int(found.group(2)) in allow.excuses:
                self.used.add((path, allow))
                return True
        return False

    def faults(self, made):
        for path, allow in self.all:
            if allow.name not in NAMES:
                yield f"{path}:{allow.line}: unknown check {allow.name}"
            elif not allow.has_reason:
                yield f"{path}:{allow.line}: {allow.name} is allowed without a reason"
            elif allow.name in made and (path, allow) not in self.used:
                yield f"{path}:{allow.line}: the exception from {allow.name} is not needed"


def verdict(name, why, places):
    """Prints the result of a check. True if it passed."""
    try:
        offences = list(places())
    except Fault as fault:
        why, offences = "the check could not run", str(fault).splitlines()
    if not offences:
        print("ok", name)
        return True
    print(f"FAIL {name}: {why}", *offences, sep="\n    ", flush=True)
    return False


def make(check, tree, build, excuses):
    return [place for place in check.places(tree, build) if not excuses.excuse(check.name, place)]


def wanted(name, options):
    return name in options.only if options.only else name not in options.skip


def run(options):
    tree = Tree(options.root)
    build = pathlib.Path(options.build).resolve() if options.build else None
    chosen = [check for check in CHECKS if wanted(check.name, options) and (build or not check.needs_build)]
    excuses = Excuses(tree)
    passed = [verdict(check.name, check.why, functools.partial(make, check, tree, build, excuses)) for check in chosen]
    if wanted("allows", options):
        made = {check.name for check in chosen}
        passed.append(verdict("allows", "an exception must name a check, have a reason and be needed",
                              functools.partial(excuses.faults, made)))
    print(f"{passed.count(True)} passed, {passed.count(False)} failed")
    return 0 if passed and all(passed) else 1


def main(words):
    parser = argparse.ArgumentParser(usage=__doc__, add_help=False)
    parser.add_argument("--root", default=pathlib.Path(__file__).parents[2])
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--only", type=lambda names: names.split(","), default=[])
    chosen.add_argument("--skip", type=lambda names: names.split(","), default=[])
    parser.add_argument("--list", action="store_true")
    parser.add_argument("build", nargs="?")
    options = parser.parse_args(words)
    if options.list:
        print(*NAMES, sep="\n")
        return 0
    for name in options.only + options.skip:
        if name not in NAMES:
            parser.error(f"unknown check {name}")
        if name in options.only and not options.build and any(check.name == name and check.needs_build for check in CHECKS):
            parser.error(f"{name} requires a build directory")
    try:
        return run(options)
    except Fault as fault:
        parser.error(str(fault))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""Checks docs/conformance.md: each row names tests that exist, and each property of the vocabulary of
the specification (tests/conformance/properties.txt) has a row. Checks docs/config.md: each property down to the
innermost (tests/conformance/leaves.txt) stands in an example.

usage: check.py SOURCE-FOLDER
"""

import pathlib
import re
import sys

import examples

ROW = re.compile(r"^\| (?P<what>.+?) \| (?P<level>.+?) \| (?P<does>.+?) \| (?P<tests>.+?) \|$")
LEVELS = {"MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY", "property", "extension"}


def test_names(source):
    names = set()
    for folder in ("tests", "runtime", "oci-spec", "cmd"):
        for path in sorted((source / folder).rglob("*_test.cc")):
            text = path.read_text()
            for found in re.finditer(r'TEST_CASE\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)', text):
                pieces = re.findall(r'"((?:[^"\\]|\\.)*)"', found.group(1))
                names.add("".join(pieces).replace('\\"', '"'))
    return names


def rows(document):
    section = ""
    for number, line in enumerate(document.splitlines(), 1):
        if line.startswith("## "):
            section = line[3:]
        found = ROW.match(line)
        if found and found["level"] in LEVELS:
            yield number, section, found


def properties_in(value, place=""):
    """The properties of a part of config.json, as leaves.txt writes them."""
    if place:
        yield place
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from properties_in(inner, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, dict):
                yield from properties_in(inner, place)


def faults_of_reference(source):
    shown = set()
    for example in examples.read_examples((source / "docs/config.md").read_text()):
        shown.update(properties_in(example["patch"]))
    return [f"docs/config.md: no example has {leaf}"
            for leaf in (source / "tests/conformance/leaves.txt").read_text().split() if leaf not in shown]


def main():
    source = pathlib.Path(sys.argv[1])
    document = (source / "docs/conformance.md").read_text()
    known = test_names(source)
    faults = []
    named = set()
    count = 0
    for number, _, row in rows(document):
        count += 1
        tests = re.findall(r"`([^`]+)`", row["tests"])
        if not tests:
            faults.append(f"line {number}: {row['what']}: names no test")
        for test in tests:
            if test not in known:
                faults.append(f"line {number}: {row['what']}: there is no test {test!r}")
        named.update(re.findall(r"`([^`]+)`", row["what"]))
    for prop in (source / "tests/conformance/properties.txt").read_text().split():
        if prop not in named:
            faults.append(f"no row for the property {prop}")
    told = re.search(r"^(\d+) rows\.", document, re.MULTILINE)
    if told and int(told.group(1)) != count:
        faults.append(f"the document tells of {told.group(1)} rows and has {count}")
    faults = [f"docs/conformance.md: {fault}" for fault in faults] + faults_of_reference(source)
    for fault in faults:
        print(fault)
    print(f"{count} rows, {len(faults)} faults")
    return 1 if faults or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Checks docs/conformance.md: each row names tests that exist, and each rule of the specification
(tests/conformance/rules.txt: page, line, levels) and each property of its vocabulary
(tests/conformance/properties.txt) has a row. With a checkout of the specification it also checks that rules.txt has
all lines with such a word. Checks docs/config.md: each property, including nested ones
(tests/conformance/leaves.txt), is in an example.

usage: check.py SOURCE-FOLDER [SPECIFICATION-FOLDER]
"""

import pathlib
import re
import sys

import examples

ROW = re.compile(r"^\| (?P<what>.+?) \| (?P<where>#.+?) \| (?P<level>.+?) \| (?P<does>.+?) \| (?P<tests>.+?) \|$")
PEER = re.compile(r"^\| (?P<what>.+?) \| (?P<level>[DPN]: .+?) \| (?P<does>.+?) \| (?P<tests>.+?) \|$")
WORDS = ("MUST NOT", "MUST", "SHOULD NOT", "SHOULD", "NOT RECOMMENDED")
LEVELS = {*WORDS, "MAY", "property", "extension"}


def names_in(text):
    """The names of the tests in a source."""
    for found in re.finditer(r'TEST_CASE\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)', text):
        pieces = re.findall(r'"((?:[^"\\]|\\.)*)"', found.group(1))
        yield "".join(pieces).replace('\\"', '"')


def test_names(source):
    return {name for folder in ("tests", "runtime", "oci-spec", "cmd")
            for path in sorted((source / folder).rglob("*_test.cc")) for name in names_in(path.read_text())}


def rows(document, pattern):
    section = ""
    for number, line in enumerate(document.splitlines(), 1):
        if line.startswith("## "):
            section = line[3:].removesuffix(".md")
        found = pattern.match(line)
        if found:
            yield number, section, found


def table_rows(document):
    """Yields (line number, line) of each row of the tables whose last column names tests."""
    header = None
    for number, line in enumerate(document.splitlines(), 1):
        if not line.startswith("|"):
            header = None
        elif header is None:
            header = line
        elif header.endswith("| tests |") and set(line) - set("|- "):
            yield number, line


def faults_of_form(document, *patterns):
    """A row that is not read as one would not be checked."""
    return [f"line {number}: is not a row of the table: {line[:80]}" for number, line in table_rows(document)
            if not any(pattern.match(line) for pattern in patterns)]


def words_in(line):
    found = re.findall(r"\b(" + "|".join(WORDS) + r")\b", line)
    return list(dict.fromkeys(found))


def read_rules(source):
    """{(page, line): levels}"""
    rules = {}
    for line in (source / "tests/conformance/rules.txt").read_text().splitlines():
        page, number, levels = line.split(" ", 2)
        rules[page, int(number)] = levels.split(", ")
    return rules


def faults_of_rules(rules, specification):
    """The differences between rules.txt and the specification."""
    present = {}
    for page in sorted({page for page, _ in rules}):
        text = (specification / f"{page}.md").read_text()
        for number, line in enumerate(text.splitlines(), 1):
            if words_in(line):
                present[page, number] = words_in(line)
    return [f"rules.txt: {page} {number}: differs from the specification"
            for page, number in sorted(present.keys() | rules.keys())
            if present.get((page, number)) != rules.get((page, number))]


def faults_of_row(number, row, known):
    tests = re.findall(r"`([^`]+)`", row["tests"])
    faults = [] if tests else [f"line {number}: {row['what']}: names no test"]
    return faults + [f"line {number}: {row['what']}: test {test!r} does not exist"
                     for test in tests if test not in known]


def faults_of_table(source, document, known):
    rules = read_rules(source)
    open_rules = set(rules)
    faults = []
    named = set()
    count = 0
    for number, section, row in rows(document, ROW):
        count += 1
        faults += faults_of_row(number, row, known)
        lines = [(section, int(word)) for word in row["where"].split()[1:]]
        faults += [f"line {number}: {row['what']}: {page} {line} is no rule"
                   for page, line in lines if (page, line) not in rules]
        levels = set(row["level"].split(", "))
        missing = {level for line in lines for level in rules.get(line, [])} - levels
        if missing or not levels <= LEVELS:
            faults.append(f"line {number}: {row['what']}: wrong level {row['level']}")
        open_rules -= set(lines)
        named.update(re.findall(r"`([^`]+)`", row["what"]))
    faults += [f"no row for the rule {page} {line}" for page, line in sorted(open_rules)]
    faults += [f"no row for the property {prop}"
               for prop in (source / "tests/conformance/properties.txt").read_text().split() if prop not in named]
    if f"\n{count} rows.\n" not in document:
        faults.append(f"the document does not contain the line \"{count} rows.\"")
    return count, faults


def faults_of_peers(document, known):
    """The counts in the text about rows where peers deviate must match the table."""
    all_rows = list(rows(document, PEER))
    run = [row for _, _, row in all_rows if row["does"] != "read only"]
    fail = [row for row in run if row["does"].startswith("fails: ")]
    faults = [fault for number, _, row in all_rows for fault in faults_of_row(number, row, known)]
    text = " ".join(document.split())
    told = [f"{len(all_rows)} rows where runc", f"runs {len(run)} of them", f"{len(fail)} of these rows fail"]
    if len(run) > len(fail):
        told.append(f"{len(run) - len(fail)} pass for all")
    if len(all_rows) > len(run):
        told.append(f"{len(all_rows) - len(run)} of the rows was only read")
    faults += [f"the document does not contain: {words}" for words in told if words not in text]
    return len(all_rows), faults


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
    reference = (source / "docs/config.md").read_text()
    known = test_names(source) | {f"example.{one['name']}" for one in examples.read_examples(reference)}
    count, faults = faults_of_table(source, document, known)
    peers, more = faults_of_peers(document, known)
    faults += more + faults_of_form(document, ROW, PEER)
    faults = [f"docs/conformance.md: {fault}" for fault in faults] + faults_of_reference(source)
    if len(sys.argv) > 2:
        faults += faults_of_rules(read_rules(source), pathlib.Path(sys.argv[2]))
    print(*faults, sep="\n", end="\n" if faults else "")
    print(f"{count} rows, {peers} rows of peers, {len(faults)} faults")
    return 1 if faults or count == 0 or peers == 0 else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Checks docs/contract.md: no row is open, and each row names tests that exist.

usage: check_contract.py SOURCE-FOLDER
"""

import pathlib
import re
import sys

from check import faults_of_form, table_rows, test_names

ROW = re.compile(r"^\| (?P<what>.+?) \| (?P<does>.+?) \| (?P<tests>.*?) ?\|$")


def headings(document):
    """Yields (line number, line) of the heading of each table."""
    before = ""
    for number, line in enumerate(document.splitlines(), 1):
        if line.startswith("|") and not before.startswith("|"):
            yield number, line
        before = line


def main():
    source = pathlib.Path(sys.argv[1])
    known = test_names(source)
    document = (source / "docs/contract.md").read_text()
    faults = [f"line {number}: is open" for number, line in enumerate(document.splitlines(), 1)
              if re.search(r"\*\*open\*\*", line, re.IGNORECASE)]
    faults += faults_of_form(document, ROW)
    # Without this heading the rows of a table would not be read.
    faults += [f"line {number}: is not the heading of a table of tests" for number, line in headings(document)
               if not line.endswith("| tests |")]
    count = 0
    for number, line in table_rows(document):
        found = ROW.match(line)
        if not found:
            continue
        count += 1
        tests = re.findall(r"`([^`]+)`", found["tests"])
        if not tests:
            faults.append(f"line {number}: {found['what']}: names no test")
        for test in tests:
            if test not in known:
                faults.append(f"line {number}: {found['what']}: test {test!r} does not exist")
    for fault in faults:
        print("docs/contract.md:", fault)
    print(f"{count} rows, {len(faults)} faults")
    return 1 if faults or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())

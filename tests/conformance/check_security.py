"""Checks docs/security.md: each row of a table whose last column is "tests" names tests that exist.

A test is a number (the attack's number, with which a test case of tests/security begins), a quoted name of a test case, a name in
backquotes of a source of tests, "fuzz" and names of fuzzers, or "golden" and a pattern of golden plans. A claim that cannot have
a test says "does not apply" or gives its reason after "no test: ".
"""

import re

from check import table_rows, test_names

WITHOUT = re.compile(r"does not apply|no test: \w")


def unknown(root, known, claim):
    """The names in a claim that are no tests, and the number of names."""
    quoted = re.findall(r'"([^"]+)"|“([^”]+)”', claim)
    rest = re.sub(r'"[^"]+"|“[^”]+”', "", claim)
    names = [one or other for one, other in quoted]
    missing = [name for name in names if name not in known]
    for name in re.findall(r"`([^`]+)`", rest):
        names.append(name)
        fuzzer = root / f"tests/fuzz/{name}_fuzz.cc"
        if not (fuzzer.exists() or (root / name).exists() or any((root / "tests/golden").glob(name))
                or any(any((root / folder).rglob(name)) for folder in ("tests", "runtime", "cmd", "oci-spec"))):
            missing.append(name)
    for number in re.findall(r"(?<![\w.])(\d+)(?![\w.])", re.sub(r"`[^`]+`", "", rest)):
        names.append(number)
        if not any(name.startswith(f"{number}: ") for name in known):
            missing.append(number)
    return missing, len(names)


def faults(root):
    known = test_names(root)
    rows = list(table_rows((root / "docs/security.md").read_text(encoding="utf-8")))
    if not rows:
        yield "docs/security.md: has no row with tests"
    for number, line in rows:
        claim = line.strip("| ").rsplit(" | ", 1)[-1]
        missing, count = unknown(root, known, claim)
        for name in missing:
            yield f"docs/security.md:{number}: no such test: {name}"
        if count == 0 and not WITHOUT.search(claim):
            yield f"docs/security.md:{number}: names no test"

#!/usr/bin/env python3
"""Makes inputs of the fuzzers from the bundles and the golden cases, in addition to those in tests/fuzz/corpus.

usage: tests/fuzz/make-corpus.py FOLDER   (FOLDER/NAME/* and FOLDER/json.dict; other files there are kept)
"""
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
KEPT = ROOT / "tests" / "fuzz" / "corpus"


def merged(base, patch):
    """A JSON merge patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(base) if isinstance(base, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def configs():
    for path in sorted(ROOT.glob("bundles/*/config.json")) + sorted(GOLDEN.glob("*/config.json")):
        yield path.parent.name, json.loads(path.read_text())
    base = json.loads((GOLDEN / "base.json").read_text())
    for path in sorted(GOLDEN.glob("*/patch.json")):
        yield path.parent.name, merged(base, json.loads(path.read_text()))


def parts(config):
    """Yields (kind, name, text) of each part of a configuration that has a fuzzer."""
    yield "config", "config", json.dumps(config)
    yield "plan", "config", json.dumps(config)
    if config.get("process"):
        yield "process", "process", json.dumps(config["process"])
    linux = config.get("linux", {})
    if linux.get("resources"):
        yield "resources", "resources", json.dumps(linux["resources"])
    for key in ("uidMappings", "gidMappings"):
        if linux.get(key):
            yield "idmaps", key, json.dumps(linux[key])
    for number, mount in enumerate(config.get("mounts", [])):
        yield "mounts", str(number), "\n".join([mount.get("type", ""), *mount.get("options", [])])


def words(value, found):
    if isinstance(value, dict):
        for key, item in value.items():
            found.add(key)
            words(item, found)
    elif isinstance(value, list):
        for item in value:
            words(item, found)
    elif isinstance(value, str) and len(value) < 40:
        found.add(value)


def entry(word):
    """An entry of a dictionary of libFuzzer."""
    text = json.dumps(word)
    return '"' + "".join(c if c.isalnum() or c in "/_.-: " else f"\\x{ord(c):02x}" for c in text) + '"'


def main():
    folder = pathlib.Path(sys.argv[1])
    found = set()
    known = set()
    for kind in KEPT.iterdir():
        (folder / kind.name).mkdir(parents=True, exist_ok=True)
    for name, config in configs():
        words(config, found)
        for kind, part, text in parts(config):
            if (kind, text) not in known:
                (folder / kind / f"{name}-{part}").write_text(text)
            known.add((kind, text))
    words(json.loads((KEPT / "record" / "created").read_text()), found)
    lines = sorted(entry(word) for word in found if word.isascii())
    (folder / "json.dict").write_text("\n".join(lines) + "\n")


main()

#!/usr/bin/env python3
"""Validates a document against the rules of runtime-spec 1.3 for it (features.md, features-linux.md,
runtime.md State), stricter than the specification's own schema: unknown properties are errors.

usage: documents.py features|state|log FILE

An entry of the log is checked against docs/log-entry.schema.json.
"""

import json
import pathlib
import sys

import jsonschema

SEMVER = {"type": "string", "pattern": r"^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$"}
ANNOTATIONS = {"type": "object", "additionalProperties": {"type": "string"}, "propertyNames": {"minLength": 1}}


def words(pattern, least=1):
    return {"type": "array", "minItems": least, "uniqueItems": True,
            "items": {"type": "string", "pattern": f"^({pattern})$"}}


def closed(properties, required=None):
    return {"type": "object", "properties": properties, "additionalProperties": False,
            "required": sorted(properties) if required is None else required}


TRUTH = {"type": "boolean"}
ENABLED = closed({"enabled": TRUTH})
FLAGS = words("SECCOMP_FILTER_FLAG_(TSYNC|LOG|SPEC_ALLOW|WAIT_KILLABLE_RECV)", 0)
LINUX = closed({
    "namespaces": words("pid|network|mount|ipc|uts|user|cgroup|time"),
    "capabilities": words("CAP_[A-Z_]+"),
    "cgroup": closed({name: TRUTH for name in ("v1", "v2", "systemd", "systemdUser", "rdma")}),
    "seccomp": closed({
        "enabled": TRUTH,
        "actions": words("SCMP_ACT_(KILL|KILL_PROCESS|KILL_THREAD|TRAP|ERRNO|TRACE|ALLOW|LOG|NOTIFY)"),
        "operators": words("SCMP_CMP_(NE|LT|LE|EQ|GE|GT|MASKED_EQ)"),
        "archs": words("SCMP_ARCH_[A-Z0-9_]+"),
        "knownFlags": FLAGS,
        "supportedFlags": FLAGS,
    }),
    "apparmor": ENABLED,
    "selinux": ENABLED,
    "intelRdt": closed({name: TRUTH for name in ("enabled", "schemata", "monitoring")}),
    "memoryPolicy": closed({"modes": words("MPOL_[A-Z_]+"), "flags": words("MPOL_F_[A-Z_]+")}),
    "mountExtensions": closed({"idmap": ENABLED}),
    "netDevices": ENABLED,
})
SCHEMAS = {
    "features": closed({
        "ociVersionMin": SEMVER,
        "ociVersionMax": SEMVER,
        "hooks": words("prestart|createRuntime|createContainer|startContainer|poststart|poststop"),
        "mountOptions": words("[a-z]+"),
        "linux": LINUX,
        "annotations": ANNOTATIONS,
        "potentiallyUnsafeConfigAnnotations": words(r"[a-z.-]+"),
    }),
    # In addition to the specification, `state` has properties that callers of runc read.
    "state": {
        "type": "object",
        "properties": {
            "ociVersion": SEMVER,
            "id": {"type": "string", "minLength": 1},
            "status": {"enum": ["creating", "created", "running", "stopped", "paused"]},
            "pid": {"type": "integer", "minimum": 0},
            "bundle": {"type": "string", "pattern": "^/"},
            "annotations": ANNOTATIONS,
        },
        "required": ["ociVersion", "id", "status", "bundle"],
    },
    "log": json.loads((pathlib.Path(__file__).resolve().parents[2] / "docs/log-entry.schema.json").read_text()),
}


def main():
    with open(sys.argv[2], encoding="utf-8") as file:
        document = json.load(file)
    validator = jsonschema.Draft7Validator(SCHEMAS[sys.argv[1]])
    faults = list(validator.iter_errors(document))
    for fault in faults:
        print("/" + "/".join(str(part) for part in fault.path), fault.message)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

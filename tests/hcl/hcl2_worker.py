"""Runs in an environment of its own with python-hcl2: the structure of each file named on standard input, as JSON."""

import json
import sys

import hcl2


def block(value):
    """(labels, body) of a nested block, or None."""
    labels = []
    while isinstance(value, dict) and "__is_block__" not in value and len(value) == 1:
        (label, value), *_ = value.items()
        labels.append(label.strip('"'))
    return (labels, value) if isinstance(value, dict) and "__is_block__" in value else None


def structure(body):
    """Names of attributes, with the value where it is a number, bool or plain string; nested blocks by type."""
    attributes, blocks = {}, {}
    for name, value in body.items():
        if name in ("__is_block__", "__comments__", "__inline_comments__"):
            continue
        found = [block(v) for v in value] if isinstance(value, list) else []
        if found and all(found):
            blocks[name] = [[labels, structure(inner)] for labels, inner in found]
        else:
            attributes[name] = value if isinstance(value, (int, bool, str)) else None
    return {"attributes": attributes, "blocks": blocks}


results = {}
for path in sys.stdin.read().splitlines():
    try:
        with open(path, encoding="utf-8") as file:
            results[path] = structure(hcl2.load(file))
    except Exception as error:  # noqa: BLE001, PERF203 (whatever it cannot read is told, file by file)
        results[path] = {"error": f"{type(error).__name__}: {error}"[:300]}
json.dump(results, sys.stdout)

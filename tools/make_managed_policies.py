"""Writes plugin/tfratchet/iam/managed_policies.json: which protected actions each AWS managed policy allows or denies.

    .venv/bin/python tools/make_managed_policies.py [--check]

The documents come from the list that moto bundles (development environment). Run it again when moto or the list of
protected actions has a new version; ``--check`` says whether the file is up to date and writes nothing.

For each policy the file holds up to four numbers, hexadecimal, one bit an action in the order of ``actions``:
``a`` allowed on every resource without condition, ``m`` allowed on some resources or under a condition, ``d`` and ``n``
the same for denied. A policy without any of them is in ``none``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from moto import __version__ as moto_version
from moto.iam.aws_managed_policies import aws_managed_policies_data

from tfratchet.iam.engine.policy import CompiledPolicy
from tfratchet.iam.protected import protected_actions
from tfratchet.iam.statements import parse_document

TARGET = Path(__file__).resolve().parents[1] / "plugin" / "tfratchet" / "iam" / "managed_policies.json"


def bits(policy: CompiledPolicy, actions: list[str]) -> dict[str, str]:
    """The numbers of one policy."""
    numbers = {"a": 0, "m": 0, "d": 0, "n": 0}
    for position, action in enumerate(actions):
        for effect, sure, maybe in (("Allow", "a", "m"), ("Deny", "d", "n")):
            found = [s for s, _ in policy.for_action(action.lower()) if s.effect == effect]
            everywhere = any(s.statement.resources == ("*",) and not s.statement.conditions for s in found)
            if everywhere:
                numbers[sure] |= 1 << position
            elif any(s.statement.resources != ("*",) or s.statement.conditions for s in found):
                numbers[maybe] |= 1 << position
    return {k: f"{v:x}" for k, v in numbers.items() if v}


def table() -> dict[str, Any]:
    """The content of the file."""
    actions = [a.action for a in protected_actions().actions if a.probe]
    policies: dict[str, dict[str, str]] = {}
    none: list[str] = []
    documents = json.loads(aws_managed_policies_data)
    for name, entry in documents.items():
        document = parse_document(entry["Document"])
        if document.problems or document.opaque is not None or document.unknowns:
            raise SystemExit(f"{name}: {document.problems}")
        found = bits(CompiledPolicy(name, document), actions)
        path = entry["Path"].lstrip("/") + name
        if found:
            policies[path] = found
        else:
            none.append(path)
    return {
        "source": f"moto {moto_version}",
        "newest": max(entry["UpdateDate"] for entry in documents.values())[:10],
        "actions": actions,
        "policies": dict(sorted(policies.items())),
        "none": sorted(none),
    }


def text(content: dict[str, Any]) -> str:
    """Compact, one policy a line, so that a new version of the list can be read as a diff."""
    policies = ",\n".join(
        f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'))}" for k, v in content["policies"].items()
    )
    none = ",\n".join(json.dumps(n) for n in content["none"])
    head = {k: content[k] for k in ("source", "newest", "actions")}
    return f'{json.dumps(head)[:-1]},\n"policies":{{\n{policies}\n}},\n"none":[\n{none}\n]}}\n'


def main() -> int:
    """Write the file, or check it."""
    wanted = text(table())
    if "--check" in sys.argv[1:]:
        same = TARGET.is_file() and TARGET.read_text(encoding="utf-8") == wanted
        print(f"{TARGET.name} is {'up to date' if same else 'stale: run tools/make_managed_policies.py'}")
        return 0 if same else 1
    TARGET.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Generates what the modules hold that is written elsewhere: README tables, and the list of protected actions.

``python tests/terraform/generate.py`` writes, ``--check`` only tells what is stale (exit 1).

* Between ``<!-- tables -->`` and ``<!-- /tables -->`` of each README: requirements, inputs, outputs, resources.
* ``protected_actions.json`` in ``detach-guard`` and ``mfa-enforcement``: a module must stand on its own wherever it is
  fetched to, so each has a copy of what it needs from ``checks/tfratchet_checks/tfr_protected_actions.py``.
* ``audit_policy.json`` in ``access-key-hygiene``: what ``tfratchet audit --print-iam-policy`` prints.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

import hcl_blocks

from tfratchet.account.permissions import audit_policy
from tfratchet_checks.tfr_protected_actions import DATA

ROOT = Path(__file__).resolve().parents[2]
TERRAFORM = ROOT / "terraform"
_START, _END = "<!-- tables -->", "<!-- /tables -->"

# Not protected, but as good as a grant of everything that the role may do.
_REFUSED_TOO = ("sts:AssumeRole", "iam:PassRole")


def _compact(value: Any) -> str:
    """JSON with one list element a line: small, and readable in a diff."""
    lines = []
    for key, entry in value.items():
        if isinstance(entry, list):
            body = ",\n".join(f"    {json.dumps(element)}" for element in entry)
            lines.append(f"  {json.dumps(key)}: [\n{body}\n  ]")
        else:
            lines.append(f"  {json.dumps(key)}: {json.dumps(entry)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def guard_catalogue(source: dict[str, Any]) -> str:
    """What ``detach-guard`` needs: action, kind of resource, group, names of the events."""
    actions = [
        {
            "action": action["action"],
            "policy": action.get("probe", True),
            "resource": action["resource"],
            "group": action["group"],
            "event_source": action["event_source"],
            "events": action["events"],
        }
        for action in source["actions"]
    ]
    return _compact({"actions": actions})


def mfa_catalogue(source: dict[str, Any]) -> str:
    """What ``mfa-enforcement`` needs: the harmless actions, and those that it refuses in ``NotAction``."""
    harmless = set(source["mfa_self_service"])
    protected = {action["action"] for action in source["actions"] if action.get("probe", True)}
    refused = (protected | set(source["mfa_harmful"]) | set(_REFUSED_TOO)) - harmless
    return _compact(
        {
            "mfa_self_service": source["mfa_self_service"],
            "mfa_first_sign_in": source["mfa_first_sign_in"],
            "refused": sorted(action.lower() for action in refused),
        }
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _code(expression: str) -> str:
    """An expression in a table: on one line."""
    one_line = re.sub(r"\s+", " ", expression).strip()
    one_line = re.sub(r"([({\[]) ", r"\1", one_line) if one_line.startswith(("[", "{")) else one_line
    return f"`{_cell(one_line)}`"


def _type(expression: str) -> str:
    """A type in a table: nested ones are shown below it."""
    flat = re.sub(r"\s+", " ", expression)
    return f"`{_cell(flat)}`" if len(flat) <= 40 else f"`{flat.split('(')[0]}(...)`"


def _description(block: hcl_blocks.Block) -> str:
    text: str = json.loads(block.text("description") or '""')
    return text


def tf_provider(settings: hcl_blocks.Block) -> str:
    """The version constraint of the AWS provider in a ``terraform`` block."""
    (providers,) = settings.of("required_providers")
    found = re.search(r'version\s*=\s*"([^"]+)"', providers.text("aws"))
    if found is None:
        raise SystemExit("required_providers has no version of aws")
    return found[1]


def tables(directory: Path) -> str:
    """The generated part of the README of the module in ``directory``."""
    files = [hcl_blocks.read(file) for file in sorted(directory.glob("*.tf"))]
    blocks = [block for file in files for block in file.blocks]
    variables = sorted((b for b in blocks if b.type == "variable"), key=lambda b: ("default" in b.arguments, b.labels))
    outputs = sorted((b for b in blocks if b.type == "output"), key=lambda b: b.labels)
    (settings,) = (b for b in blocks if b.type == "terraform")
    terraform = json.loads(settings.text("required_version"))
    provider = tf_provider(settings)
    lines = [f"Needs Terraform {terraform} and the AWS provider {provider}.", ""]
    lines += ["## Inputs", "", "| name | description | type | default | validated |", "| --- | --- | --- | --- | --- |"]
    objects = []
    for variable in variables:
        kind = variable.text("type")
        default = _code(variable.text("default")) if "default" in variable.arguments else "required"
        validated = "yes" if variable.of("validation") else ""
        name = variable.labels[0]
        lines.append(f"| `{name}` | {_cell(_description(variable))} | {_type(kind)} | {default} | {validated} |")
        if len(re.sub(r"\s+", " ", kind)) > 40:
            objects.append(f"`{name}`:\n\n```hcl\n{textwrap.dedent('  ' + kind)}\n```\n")
    if objects:
        lines += ["", "<details><summary>Types</summary>", "", *objects, "</details>"]
    lines += ["", "## Outputs", "", "| name | description |", "| --- | --- |"]
    lines += [f"| `{output.labels[0]}` | {_cell(_description(output))} |" for output in outputs]
    resources = sorted(".".join(b.labels) for b in blocks if b.type == "resource")
    calls = sorted(f"module.{b.labels[0]}" for b in blocks if b.type == "module")
    if resources or calls:
        lines += ["", "## Resources", "", *(f"- `{name}`" for name in resources + calls)]
    kept = sorted(
        ".".join(b.labels)
        for b in blocks
        if b.type == "resource" and any(i.text("prevent_destroy") == "true" for i in b.of("lifecycle"))
    )
    if kept:
        lines += ["", "With `prevent_destroy`: " + ", ".join(f"`{name}`" for name in kept) + "."]
    return "\n".join(lines) + "\n"


def _readme(directory: Path) -> tuple[Path, str]:
    path = directory / "README.md"
    text = path.read_text()
    head, found, rest = text.partition(_START)
    _, closed, tail = rest.partition(_END)
    if not found or not closed:
        raise SystemExit(f"{path}: the markers {_START} and {_END} are missing")
    return path, f"{head}{_START}\n{tables(directory)}{_END}{tail}"


def generated() -> dict[Path, str]:
    """Every generated file with the text that it should have."""
    files = {
        TERRAFORM / "modules" / "detach-guard" / "protected_actions.json": guard_catalogue(DATA),
        TERRAFORM / "modules" / "mfa-enforcement" / "protected_actions.json": mfa_catalogue(DATA),
        TERRAFORM / "modules" / "access-key-hygiene" / "audit_policy.json": audit_policy(),
    }
    directories = [*sorted((TERRAFORM / "modules").iterdir()), TERRAFORM / "baseline"]
    return files | dict(_readme(directory) for directory in directories)


def main() -> int:
    """Write, or check with ``--check``."""
    stale = [path for path, text in generated().items() if not path.is_file() or path.read_text() != text]
    if "--check" in sys.argv[1:]:
        for path in stale:
            sys.stderr.write(f"stale: {path.relative_to(ROOT)} (run python tests/terraform/generate.py)\n")
        return 1 if stale else 0
    for path, text in generated().items():
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""python-hcl2 is the oracle of the parser: every .tf file of this repository has the same blocks, labels and arguments.

It lives in an environment of its own (``make test-environments``): beside Checkov it would break Checkov.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tfratchet.hcl.syntax import Body, parse_file

ROOT = Path(__file__).resolve().parents[2]
PYTHON = Path(os.environ.get("TFRATCHET_HCL2_PYTHON") or ROOT / ".venv-hcl2" / "bin" / "python")
FILES = sorted(
    p
    for top in ("tests", "terraform")
    for p in (ROOT / top).rglob("*.tf")
    if ".terraform" not in p.parts and p.stat().st_size
)


@pytest.fixture(scope="module")
def theirs() -> dict[str, Any]:
    if not PYTHON.exists():
        message = "python-hcl2 is not in .venv-hcl2: make test-environments"
        if os.environ.get("TFRATCHET_REQUIRE_ALL") == "1":
            pytest.fail(message)
        pytest.skip(message)
    worker = Path(__file__).with_name("hcl2_worker.py")
    done = subprocess.run(
        [PYTHON, worker], input="\n".join(map(str, FILES)), capture_output=True, text=True, check=True, timeout=300
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def ours(body: Body) -> dict[str, Any]:
    blocks: dict[str, list[Any]] = {}
    for block in body.blocks:
        blocks.setdefault(block.type, []).append([list(block.labels), ours(block.body)])
    return {"attributes": {n: a.file.text(a.node).strip() for n, a in body.attributes.items()}, "blocks": blocks}


def differences(their: dict[str, Any], our: dict[str, Any], path: str) -> list[str]:
    found = []
    if set(their["attributes"]) != set(our["attributes"]):
        found.append(f"{path}: arguments {sorted(set(their['attributes']) ^ set(our['attributes']))}")
    for name in set(their["attributes"]) & set(our["attributes"]):
        value = their["attributes"][name]
        text = our["attributes"][name]
        plain = isinstance(value, (bool, int)) or (
            isinstance(value, str) and value.startswith('"') and "\n" not in value
        )
        if plain and "$" not in text and text != (json.dumps(value) if not isinstance(value, str) else value):
            found.append(f"{path}.{name}: {value!r} and {text!r}")
    if {t: len(b) for t, b in their["blocks"].items()} != {t: len(b) for t, b in our["blocks"].items()}:
        found.append(f"{path}: blocks {sorted(their['blocks'])} and {sorted(our['blocks'])}")
        return found
    for kind, blocks in their["blocks"].items():
        for (labels, inner), (own_labels, own_inner) in zip(blocks, our["blocks"][kind], strict=True):
            if labels != own_labels:
                found.append(f"{path}.{kind}: labels {labels} and {own_labels}")
            found += differences(inner, own_inner, f"{path}.{kind}")
    return found


def test_every_file_has_the_same_structure(theirs: dict[str, Any]) -> None:
    assert len(FILES) > 500
    wrong: list[str] = []
    compared = 0
    for file in FILES:
        their = theirs[str(file)]
        if "error" in their:
            wrong.append(f"{file.relative_to(ROOT)}: python-hcl2 cannot read it: {their['error']}")
            continue
        compared += 1
        parsed = parse_file(str(file), file.read_bytes())
        assert not parsed.problems, (file, parsed.problems)
        wrong += differences(their, ours(parsed.body), str(file.relative_to(ROOT)))
    assert not wrong, "\n".join(wrong[:40])
    assert compared == len(FILES)

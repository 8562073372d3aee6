"""``terraform plan`` is the oracle for whole modules: every folder of ``plans/`` is planned by the real terraform (its
built-in ``terraform_data`` needs no provider) and every planned input and output is compared with ours.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from memtree import MemTree
from tfratchet.hcl.context import Context
from tfratchet.hcl.evaluate import ModuleInstance
from tfratchet.hcl.instances import Instance
from tfratchet.hcl.module import Parser, read_variables, variable_files
from tfratchet.hcl.scope import Lazy, Limits

PLANS = Path(__file__).parent / "plans"


def ours(folder: Path) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Inputs of every ``terraform_data`` by address, outputs by name, and what was reported."""
    files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    tree = MemTree(files)
    context = Context(tree, ".", Parser(), Limits())
    arguments, _ = read_variables(tree, variable_files(tree, "."), context.parser)
    root = ModuleInstance(context, context.module("."), arguments=arguments)
    inputs: dict[str, Any] = {}
    _inputs(root, inputs)
    outputs = {name: plain(root.output(name)) for name in root.module.outputs}
    return inputs, outputs, [p.message for p in (*context.errors.values(), *context.notes.values())]


def _inputs(module: ModuleInstance, into: dict[str, Any]) -> None:
    for kind, name in module.module.resources:
        found = module.collection("resource", kind, name)
        for instance in [found] if isinstance(found, Instance) else found:
            into[instance.address] = plain(instance.argument("input"))
    for name in module.module.calls:
        for called in module.calls(name):
            _inputs(called.instance, into)


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, Lazy):
        return plain(value.materialise())
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, list) else value


def planned(terraform: str, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    def run(*command: str) -> bytes:
        return subprocess.run([terraform, *command], cwd=folder, check=True, capture_output=True).stdout

    run("init", "-backend=false", "-input=false")
    run("plan", "-input=false", "-refresh=false", "-out=plan.bin")
    shown = run("show", "-json", "plan.bin")
    plan = json.loads(shown)
    inputs: dict[str, Any] = {}

    def walk(module: dict[str, Any]) -> None:
        for resource in module.get("resources", []):
            inputs[resource["address"]] = resource["values"].get("input")
        for child in module.get("child_modules", []):
            walk(child)

    walk(plan["planned_values"]["root_module"])
    changes = plan.get("output_changes", {})
    return inputs, {name: change["after"] for name, change in changes.items() if "after" in change}


@pytest.mark.terraform
@pytest.mark.parametrize("name", sorted(p.name for p in PLANS.iterdir()))
def test_terraform_plans_the_same_values(name: str, terraform_program: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    shutil.copytree(PLANS / name, folder)
    inputs, outputs, reported = ours(folder)
    expected_inputs, expected_outputs = planned(terraform_program, folder)
    assert inputs == expected_inputs
    # What terraform cannot know before apply it leaves out; everything it gives must be the same.
    assert expected_outputs
    assert {k: outputs[k] for k in expected_outputs} == expected_outputs
    assert reported == []

"""The policies of the modules, rendered by tfratchet's own evaluator: in milliseconds, without Terraform.

Good enough to judge many weakened copies one after another; ``test_tf_policies`` holds it against the real plan.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import tf_harness

from tfratchet.hcl.context import Context
from tfratchet.hcl.evaluate import ModuleInstance
from tfratchet.hcl.module import Parser
from tfratchet.hcl.scope import Lazy, Limits
from tfratchet.sources.folders import FolderTree

# What the real plan asks AWS for; the answers are those of the test server.
_ANSWERS = {
    "data.aws_partition.current.partition": '"aws"',
    "data.aws_partition.current.dns_suffix": '"amazonaws.com"',
    "data.aws_caller_identity.current.account_id": '"123456789012"',
    "data.aws_region.current.id": '"eu-central-1"',
}


def prepare(target: Path, partition: str = "aws") -> Path:
    """A copy of ``terraform/`` with the policies' root, in which the answers of AWS are filled in.

    ``partition``: what AWS says of the partition; the ARNs that the root hands over are of the same one.
    """
    shutil.copytree(tf_harness.TERRAFORM, target, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    shutil.copytree(tf_harness.HERE / "roots" / "policies", target / "roots" / "policies")
    for file in target.rglob("*.tf"):
        text = file.read_text()
        for question, answer in _ANSWERS.items():
            text = text.replace(question, answer.replace('"aws"', f'"{partition}"'))
        if file.is_relative_to(target / "roots"):
            text = text.replace("arn:aws:", f"arn:{partition}:")
        file.write_text(text)
    tf_harness.selector_as_output(target / tf_harness.TRAIL)
    return target


def render(copy: Path) -> tf_harness.Rendered:
    """What ``roots/policies`` in a prepared copy renders. Raises AssertionError where something is not known."""
    context = Context(FolderTree(str(copy)), "roots/policies", Parser(), Limits())
    root = ModuleInstance(context, context.module("roots/policies"))

    def output(name: str) -> Any:
        value = root.output(name)
        value = value.materialise() if isinstance(value, Lazy) else value
        texts = list(value.values()) if isinstance(value, dict) else [value]
        if not all(isinstance(text, str) for text in texts):
            raise AssertionError(f"{name}: {value!r}; {[str(p) for p in context.errors.values()]}")
        return value

    return tf_harness.Rendered(output("documents"), output("event_patterns"), output("selectors"))

"""Holds Terraform files against the schema of the AWS provider 6.62.0: argument names, required arguments, blocks,
attributes that are only read, and the attributes that references name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import hcl_blocks
import provider_schema

_META_ARGUMENTS = frozenset({"count", "depends_on", "for_each", "provider"})
_META_BLOCKS = frozenset({"connection", "lifecycle", "provisioner"})
# Provider 6: deprecated by its changelog and upgrade guide ("Version 6"). The bindings carry no mark of deprecation.
DEPRECATED = {
    ("data", "aws_region"): {"name"},
    ("resource", "aws_cloudwatch_event_rule"): {"is_enabled"},
    ("resource", "aws_iam_role"): {"inline_policy", "managed_policy_arns"},
    ("resource", "aws_s3_bucket"): {
        "acceleration_status",
        "acl",
        "cors_rule",
        "grant",
        "lifecycle_rule",
        "logging",
        "object_lock_configuration",
        "policy",
        "replication_configuration",
        "request_payer",
        "server_side_encryption_configuration",
        "versioning",
        "website",
    },
}
_REFERENCE = re.compile(r'(?<![\w."/-])(data\.)?(aws_\w+)\.(\w+)(?:\[[^\]]*\])?\.(\w+)')


def _body(block: hcl_blocks.Block, schema: Mapping[str, Any], where: str, deprecated: set[str]) -> Iterator[str]:
    present = set(block.arguments)
    for name in sorted(present - _META_ARGUMENTS):
        attribute = schema.get(name)
        if attribute is None:
            yield f"{where}: unsupported argument {name}"
        elif attribute.get("computed"):
            yield f"{where}: {name} can only be read"
        elif attribute["block"]:
            yield f"{where}: {name} is a block, no argument"
        elif name in deprecated:
            yield f"{where}: {name} is deprecated"
    for nested in block.blocks:
        dynamic = nested.type == "dynamic"
        name = nested.labels[0] if dynamic else nested.type
        if name in _META_BLOCKS:
            continue
        present.add(name)
        contents = nested.of("content") if dynamic else [nested]
        attribute = schema.get(name)
        if attribute is None or not attribute["block"]:
            yield f"{where}: unsupported block {name}"
            continue
        if name in deprecated:
            yield f"{where}: {name} is deprecated"
        for content in contents:
            yield from _body(content, attribute.get("nested", {}), f"{where}.{name}", set())
    for name, attribute in schema.items():
        if attribute["required"] and name not in present:
            yield f"{where}: {name} is required"


def check(directories: Iterable[Path], schema: provider_schema.Schema) -> list[str]:
    """What is wrong in the ``.tf`` files directly in these directories, one line each."""
    errors: list[str] = []
    for directory in directories:
        for file in sorted(directory.glob("*.tf")):
            for block in hcl_blocks.read(file).blocks:
                if block.type not in ("resource", "data"):
                    continue
                where = f"{file}:{block.line} {'.'.join(block.labels)}"
                found = schema[block.type].get(block.labels[0])
                if found is None:
                    errors.append(f"{where}: no such {block.type}")
                    continue
                deprecated = DEPRECATED.get((block.type, block.labels[0]), set())
                errors += _body(block, found, where, deprecated)
            for reference in _REFERENCE.finditer(file.read_text()):
                kind = "data" if reference[1] else "resource"
                attributes = schema[kind].get(reference[2])
                if attributes is None:
                    errors.append(f"{file}: {reference[0]}: no such {kind}")
                elif reference[4] not in attributes:
                    errors.append(f"{file}: {reference[0]}: {reference[2]} has no attribute {reference[4]}")
                elif reference[4] in DEPRECATED.get((kind, reference[2]), set()):
                    errors.append(f"{file}: {reference[0]} is deprecated")
    return errors

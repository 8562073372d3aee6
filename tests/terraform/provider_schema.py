"""The schema of an AWS provider that cannot be run here, read from the TypeScript bindings generated from it.

Each resource and data source is one ``.d.ts`` file in the wheel's jsii tarball. Its ``...Config`` interface lists the
arguments (``readonly name?: type`` with a link to the argument's documentation above it, which carries the Terraform
name; "``x block``" above that marks a nested block); getters of the class without an input are computed attributes.
What the bindings do not say: enumerations, how many blocks are allowed, which arguments exclude each other.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
import zipfile
from pathlib import Path
from typing import Any, TypedDict

_PROPERTY = re.compile(r"^\s*readonly (\w+)(\?)?: (.+?);?$")
_LINK = re.compile(r"/docs/(?:resources|data-sources)/\w+#(\w+) ")
_INTERFACE = re.compile(r"^\s*(?:export )?interface (\w+)")
_TYPE = re.compile(r'static readonly tfResourceType = "(\w+)"')
_NESTED = re.compile(r"\b(\w+Property)\b")
_GETTER = re.compile(r"^\s*get (\w+)\(\): ", re.M)


class Attribute(TypedDict, total=False):
    """An argument, a nested block or a computed attribute."""

    required: bool
    block: bool
    computed: bool
    """Computed only: it can be read, never set."""
    type: str
    nested: dict[str, Any]


Schema = dict[str, dict[str, dict[str, Attribute]]]
"""``{"resource" | "data": {type: {name: Attribute}}}``"""


def _interfaces(text: str) -> dict[str, dict[str, tuple[bool, bool, str]]]:
    """For each interface its properties by Terraform name: (required, block, TypeScript type)."""
    found: dict[str, dict[str, tuple[bool, bool, str]]] = {}
    current: dict[str, tuple[bool, bool, str]] | None = None
    doc = ""
    for line in text.splitlines():
        if start := _INTERFACE.match(line):
            current, doc = found.setdefault(start[1], {}), ""
        elif line.strip() == "}":
            current = None
        elif current is not None:
            if prop := _PROPERTY.match(line):
                if link := _LINK.search(doc):
                    current[link[1]] = (not prop[2], f"* {link[1]} block" in doc, prop[3])
                doc = ""
            else:
                doc += line + "\n"
    return found


def _camel(name: str) -> str:
    return re.sub(r"(?<=.)_([a-z0-9])", lambda m: m[1].upper(), name)


def _parse(text: str) -> tuple[str, str, dict[str, Attribute]] | None:
    type_name = _TYPE.search(text)
    if not type_name:
        return None
    kind = "data" if "extends cdktn.TerraformDataSource" in text else "resource"
    interfaces = _interfaces(text)
    config = re.search(r"interface (\w+Config) extends cdktn\.TerraformMetaArguments", text)

    def expand(name: str, seen: frozenset[str]) -> dict[str, Attribute]:
        out: dict[str, Attribute] = {}
        for key, (required, block, kind_text) in interfaces.get(name, {}).items():
            attribute = Attribute(required=required, block=block, type=kind_text.split(" | ")[0].split(".")[-1])
            nested = _NESTED.search(kind_text)
            if kind_text == "{":
                attribute["type"] = "map"
            elif nested and nested[1] in interfaces and nested[1] not in seen:
                attribute["type"] = "object"
                attribute["nested"] = dict(expand(nested[1], seen | {nested[1]}))
            out[key] = attribute
        return out

    arguments = expand(config[1], frozenset({config[1]})) if config else {}
    body = text.split("static readonly tfResourceType", 1)[1].split("\n}\n", 1)[0]
    settable = {_camel(name) for name in arguments}
    for getter in _GETTER.findall(body):
        if not getter.endswith("Input") and getter not in settable and f"{getter}Input" not in body:
            name = re.sub(r"([A-Z])", lambda m: "_" + m[1].lower(), getter)
            arguments[name] = Attribute(required=False, block=False, computed=True, type="any")
    return kind, type_name[1], arguments


def load(wheel: Path) -> Schema:
    """Every resource and data source of the bindings in ``wheel``."""
    schema: Schema = {"resource": {}, "data": {}}
    with zipfile.ZipFile(wheel) as archive:
        tarball = next(n for n in archive.namelist() if n.endswith(".jsii.tgz"))
        data = archive.read(tarball)
    with tarfile.open(fileobj=io.BytesIO(data), mode="r|gz") as members:
        for member in members:
            handle = members.extractfile(member) if member.name.endswith(".d.ts") else None
            parsed = _parse(handle.read().decode()) if handle else None
            if parsed:
                schema[parsed[0]][parsed[1]] = parsed[2]
    return schema


def write(schema: Schema, path: Path) -> None:
    """Store a schema compactly, byte for byte the same for the same schema."""
    text = json.dumps(schema, separators=(",", ":"), sort_keys=True)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def read(path: Path) -> Schema:
    """A schema that ``write`` stored."""
    schema: Schema = json.loads(gzip.decompress(path.read_bytes()))
    return schema

"""Document data sources: what tfratchet renders against what the real provider writes."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tfratchet.iam.documents import equal, parse_document
from tfratchet.iam.render import render_policy_document

PROVIDER = {
    "region": "us-east-1",
    "access_key": "none",
    "secret_key": "none",
    "skip_credentials_validation": True,
    "skip_requesting_account_id": True,
    "skip_metadata_api_check": True,
    "skip_region_validation": True,
    "skip_get_ec2_platforms": True,
}


def some(source: random.Random, values: list[str]) -> list[str]:
    return source.sample(values, source.randint(1, len(values)))


def statement(source: random.Random, sid: str | None) -> dict[str, Any]:
    block: dict[str, Any] = {} if sid is None else {"sid": sid}
    if source.random() < 0.7:
        block["effect"] = source.choice(["Allow", "Deny"])
    actions = some(source, ["iam:Detach*", "s3:GetObject", "S3:getobject", "sts:AssumeRole", "*"])
    block[source.choice(["actions", "not_actions"])] = actions
    resources = some(source, ["*", "arn:aws:s3:::b<c>/&{aws:username}/*", "arn:aws:iam::*:user/é", "arn:aws:s3:::a"])
    block[source.choice(["resources", "not_resources"])] = resources
    if source.random() < 0.5:
        kinds = {
            "AWS": ["*", "arn:aws:iam::123456789012:root"],
            "Service": ["ec2.amazonaws.com", "ecs.amazonaws.com"],
            "*": ["*"],
        }
        block[source.choice(["principals", "not_principals"])] = [
            {"type": kind, "identifiers": some(source, kinds[kind])}
            for kind in source.sample(list(kinds)[:2], source.randint(1, 2)) + (["*"] if source.random() < 0.1 else [])
        ]
    if source.random() < 0.7:
        keys = source.sample(["aws:MultiFactorAuthPresent", "aws:SourceIp", "s3:prefix"], source.randint(1, 3))
        block["condition"] = [
            {
                "test": source.choice(["StringLike", "StringNotEquals"]),
                "variable": k,
                "values": some(source, ["", "a", "b", "&{aws:username}"]),
            }
            for k in keys
        ]
    return block


def documents(count: int) -> list[dict[str, Any]]:
    """Arguments of data sources; the later ones merge the JSON of other statements."""
    source = random.Random(7)
    found: list[dict[str, Any]] = []
    for number in range(count):
        sids: list[str | None] = ["A", "B", "C"]
        source.shuffle(sids)
        chosen = sids[: source.randint(0, 2)] + [None] * source.randint(0, 2)
        arguments: dict[str, Any] = {"statement": [statement(source, s) for s in chosen]}
        if source.random() < 0.3:
            arguments["version"] = source.choice(["2008-10-17", "2012-10-17"])
        if arguments.get("version") == "2008-10-17":
            # The provider refuses &{...} there.
            arguments["statement"] = []
        if source.random() < 0.2:
            arguments["policy_id"] = "id"
        if number >= 10:
            for name in ("source_policy_documents", "override_policy_documents"):
                if source.random() < 0.6:
                    other = render_policy_document({"statement": [statement(source, source.choice(["A", "D", None]))]})
                    arguments[name] = [other]
        found.append(arguments)
    return found


def as_blocks(arguments: dict[str, Any]) -> str:
    """The data source in HCL."""

    def literal(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False).replace("${", "$${")

    def body(values: dict[str, Any]) -> str:
        lines = []
        for name, value in values.items():
            if isinstance(value, list) and value and isinstance(value[0], dict):
                lines += [f"{name} {{\n{body(v)}\n}}" for v in value]
            elif value != []:
                lines.append(f"{name} = {literal(value)}")
        return "\n".join(lines)

    return body(arguments)


def plain(value: Any) -> Any:
    """Without what differs between versions of the provider: an empty Sid, lists of one, the order of lists."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if not (k == "Sid" and v == "") and v is not None}
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        return value[0] if len(value) == 1 else sorted(value)
    return [plain(v) for v in value] if isinstance(value, list) else value


@pytest.mark.terraform
def test_rendered_like_the_provider(tmp_path: Path, terraform_program: str, terraform_env: dict[str, str]) -> None:
    cases = documents(60)
    settings = "\n".join(f"{k} = {json.dumps(v)}" for k, v in PROVIDER.items())
    text = [f'provider "aws" {{\n{settings}\n}}']
    for number, arguments in enumerate(cases):
        text.append(f'data "aws_iam_policy_document" "d{number}" {{\n{as_blocks(arguments)}\n}}')
        text.append(f'output "d{number}" {{\nvalue = data.aws_iam_policy_document.d{number}.json\n}}')
    (tmp_path / "main.tf").write_text("\n".join(text), encoding="utf-8")

    def terraform(*arguments: str) -> str:
        done = subprocess.run(
            [terraform_program, *arguments],
            cwd=tmp_path,
            env=terraform_env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    terraform("init", "-no-color")
    terraform("plan", "-no-color", "-out=plan")
    outputs = json.loads(terraform("show", "-json", "plan"))["planned_values"]["outputs"]
    for number, arguments in enumerate(cases):
        theirs = outputs[f"d{number}"]["value"]
        ours = render_policy_document(arguments)
        assert isinstance(ours, str)
        assert plain(json.loads(ours)) == plain(json.loads(theirs)), arguments
        assert equal(parse_document(ours), parse_document(theirs)) is True

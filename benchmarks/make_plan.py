"""The JSON of a plan of a given size, to see what a large one costs in time and memory.

    python benchmarks/make_plan.py MEGABYTES FILE [--all-iam]

A plan of one large root module: of a hundred resources sixty are instances and the like, which no rule looks at; the
rest are users, policies, attachments and memberships. As in a real plan every resource stands in it four times (state,
changes before and after, planned values) and its block in the configuration. One attachment is deleted, one policy
becomes weaker. ``--all-iam``: nothing but what rules look at, the worst case.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_ACCOUNT = "123456789012"


def _document(number: int, *actions: str) -> str:
    statement = {
        "Sid": f"Deny{number}",
        "Effect": "Deny",
        "Action": list(actions),
        "Resource": [f"arn:aws:s3:::bucket-{number}-{n}/*" for n in range(8)],
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))


def _resources(number: int, only_iam: bool) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Type, name and values of one group of resources."""
    user, policy = f"user-{number}", f"policy-{number}"
    arn = f"arn:aws:iam::{_ACCOUNT}:policy/{policy}"
    tags = {"team": f"team-{number % 40}", "owner": "platform", "cost-center": f"{number % 900:04d}"}
    yield (
        "aws_iam_user",
        "this",
        {
            "arn": f"arn:aws:iam::{_ACCOUNT}:user/{user}",
            "force_destroy": False,
            "id": user,
            "name": user,
            "path": "/",
            "permissions_boundary": None,
            "tags": tags,
            "tags_all": tags,
            "unique_id": f"AIDA{number:016d}",
        },
    )
    yield (
        "aws_iam_policy",
        "this",
        {
            "arn": arn,
            "description": "",
            "id": arn,
            "name": policy,
            "path": "/",
            "policy": _document(number, "iam:DetachUserPolicy", "iam:DeleteUserPolicy", "cloudtrail:StopLogging"),
            "policy_id": f"ANPA{number:016d}",
            "tags": tags,
            "tags_all": tags,
        },
    )
    yield (
        "aws_iam_user_policy_attachment",
        "this",
        {"id": f"{user}-20260101000000000000000001", "policy_arn": arn, "user": user},
    )
    yield "aws_iam_user_group_membership", "this", {"groups": ["people"], "id": f"m-{number}", "user": user}
    for part in () if only_iam else range(6):
        yield (
            "aws_instance",
            f"web{part}",
            {
                "ami": "ami-0123456789abcdef0",
                "arn": f"arn:aws:ec2:us-east-1:{_ACCOUNT}:instance/i-{number:012d}{part}",
                "availability_zone": "us-east-1a",
                "ebs_optimized": True,
                "id": f"i-{number:012d}{part}",
                "instance_type": "m6i.large",
                "metadata_options": [{"http_endpoint": "enabled", "http_tokens": "required", "instance_tags": None}],
                "private_dns": f"ip-10-{number % 256}-{part}-1.ec2.internal",
                "root_block_device": [{"volume_id": f"vol-{number:012d}", "volume_size": 100, "volume_type": "gp3"}],
                "security_groups": [],
                "tags": tags,
                "tags_all": tags,
                "user_data": "I2Nsb3VkLWNvbmZpZwpwYWNrYWdlczoKICAtIG5naW54Cg==" * 4,
                "vpc_security_group_ids": [f"sg-{number:012d}", f"sg-{part:012d}"],
            },
        )


def write(path: Path, megabytes: float, *, only_iam: bool = False) -> None:
    """Write a plan of about this size."""
    state: list[str] = []
    changes: list[str] = []
    size, number = 0, 0
    while size < megabytes * 1024**2:
        for kind, name, values in _resources(number, only_iam):
            key = f"k{number}"
            place = {
                "address": f'module.people.{kind}.{name}["{key}"]',
                "mode": "managed",
                "type": kind,
                "name": name,
                "index": key,
                "provider_name": "registry.terraform.io/hashicorp/aws",
            }
            after: dict[str, Any] | None = values
            actions = ["no-op"]
            if number == 7 and kind == "aws_iam_user_policy_attachment":
                after, actions = None, ["delete"]
            elif number == 8 and kind == "aws_iam_policy":
                after, actions = values | {"policy": _document(number, "cloudtrail:StopLogging")}, ["update"]
            change = {"actions": actions, "before": values, "after": after, "after_unknown": {}}
            change |= {"before_sensitive": {}, "after_sensitive": {}}
            entry = {**place, "module_address": "module.people", "change": change}
            if after is None:
                entry["action_reason"] = "delete_because_each_key"
            changes.append(json.dumps(entry, separators=(",", ":")))
            stored = {**place, "schema_version": 0, "values": values, "sensitive_values": {}}
            state.append(json.dumps(stored, separators=(",", ":")))
            size += len(changes[-1]) + 2 * len(state[-1])
        number += 1
    tree = '{"root_module":{"child_modules":[{"address":"module.people","resources":[' + ",".join(state) + "]}]}}"
    blocks = [
        {
            "address": f"{kind}.{name}",
            "mode": "managed",
            "type": kind,
            "name": name,
            "provider_config_key": "aws",
            "expressions": {n: {"references": ["each.value"]} for n in values},
        }
        for kind, name, values in _resources(0, only_iam)
    ]
    configuration = {"root_module": {"module_calls": {"people": {"module": {"resources": blocks}}}}}
    with path.open("w", encoding="utf-8") as file:
        file.write('{"format_version":"1.2","terraform_version":"1.11.4","planned_values":')
        file.write(tree)
        file.write(',"resource_changes":[' + ",".join(changes) + "]")
        file.write(',"prior_state":{"format_version":"1.0","values":' + tree + "}")
        file.write(f',"configuration":{json.dumps(configuration)},"complete":true,"errored":false}}')


def main() -> None:
    """Write the plan that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("megabytes", type=float)
    parser.add_argument("file", type=Path)
    parser.add_argument("--all-iam", action="store_true")
    options = parser.parse_args()
    write(options.file, options.megabytes, only_iam=options.all_iam)
    print(f"{options.file}: {options.file.stat().st_size / 1024**2:.1f} MB")


if __name__ == "__main__":
    main()

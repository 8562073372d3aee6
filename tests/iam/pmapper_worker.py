"""Runs in the oracle's own environment: reads questions (JSON) from stdin, writes principalmapper's answers."""

from __future__ import annotations

import collections
import collections.abc
import json
import sys

# principalmapper 1.1.5 was written for Python 3.9: the names moved.
for _name in ("Mapping", "MutableMapping", "OrderedDict"):
    if not hasattr(collections, _name):
        setattr(collections, _name, getattr(collections.abc, _name))

from principalmapper.common import Group, Node, Policy  # noqa: E402
from principalmapper.querying.query_interface import local_check_authorization_full  # noqa: E402


def policy(document: dict, number: int) -> Policy:
    return Policy(f"arn:aws:iam::123456789012:policy/p{number}", f"p{number}", document)


def answer(case: dict) -> bool | str:
    groups = [
        Group(f"arn:aws:iam::123456789012:group/g{i}", [policy(d, j) for j, d in enumerate(documents)])
        for i, documents in enumerate(case["groups"])
    ]
    boundary = case["boundary"]
    principal = Node(
        case["principal"], "AIDAEXAMPLE", [policy(d, i) for i, d in enumerate(case["identity"])],
        groups if ":user/" in case["principal"] else [],
        None if ":user/" in case["principal"] else {"Version": "2012-10-17", "Statement": []},
        None, 0, False, False, policy(boundary, 0) if boundary else None, False, case["tags"],
    )  # fmt: skip
    scps = case["scps"]
    try:
        return local_check_authorization_full(
            principal,
            case["action"],
            case["resource"],
            case["context"],
            case["resource_policy"],
            "123456789012" if case["resource_policy"] else None,
            [[policy(d, i) for i, d in enumerate(level)] for level in scps] if scps is not None else None,
            case["session"],
        )
    except Exception as error:  # noqa: BLE001 (an answer like any other: the test decides what it means)
        return f"{type(error).__name__}: {error}"


json.dump([answer(case) for case in json.load(sys.stdin)], sys.stdout)

"""Small reads of a live account that acts have in common."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from tfratchet.account.acts.base import GROUP, ROLE, USER, RefusedError
from tfratchet.account.session import error_code

if TYPE_CHECKING:
    from tfratchet.account.session import Account

WORDS = {USER: "User", GROUP: "Group", ROLE: "Role"}
"""Kind of holder → its word in the names of IAM's calls."""

_GONE = {"NoSuchEntity", "TrailNotFoundException"}


@contextmanager
def there(what: str) -> Iterator[None]:
    """Turns AWS's "no such entity" into RefusedError."""
    try:
        yield
    except Exception as error:
        if error_code(error) in _GONE:
            raise RefusedError(f"{what} is not there any more") from error
        raise


def named(kind: str, name: str) -> dict[str, str]:
    """The argument that names a holder: ``{"UserName": "bob"}``."""
    return {f"{WORDS[kind]}Name": name}


def call(account: Account, verb: str, kind: str, noun: str, **arguments: Any) -> Any:
    """An IAM call with the holder's kind in its name: ``attach_user_policy``."""
    return getattr(account.client("iam"), f"{verb}_{kind}_{noun}")(**arguments)


def attached(account: Account, kind: str, name: str) -> set[str]:
    """ARNs of the managed policies of a user, group or role."""
    pages = account.client("iam").get_paginator(f"list_attached_{kind}_policies")
    with there(f"{kind} {name}"):
        return {p["PolicyArn"] for page in pages.paginate(**named(kind, name)) for p in page["AttachedPolicies"]}


def inline(account: Account, kind: str, name: str, policy: str) -> dict[str, Any] | None:
    """An inline policy's document, decoded; None when there is none of this name."""
    try:
        answer = call(account, "get", kind, "policy", PolicyName=policy, **named(kind, name))
    except Exception as error:
        if error_code(error) != "NoSuchEntity":
            raise
        # Either the policy or its holder is missing: only the one is a state.
        with there(f"{kind} {name}"):
            getattr(account.client("iam"), f"get_{kind}")(**named(kind, name))
        return None
    return document(answer["PolicyDocument"])


def document(value: Any) -> dict[str, Any]:
    """A policy document as boto3 gives it: decoded, or JSON in URL encoding where it comes from elsewhere."""
    found: dict[str, Any] = json.loads(unquote(value)) if isinstance(value, str) else dict(value)
    return found


def groups(account: Account, user: str) -> set[str]:
    """Names of a user's groups."""
    pages = account.client("iam").get_paginator("list_groups_for_user")
    with there(f"user {user}"):
        return {g["GroupName"] for page in pages.paginate(UserName=user) for g in page["Groups"]}


def members(account: Account, group: str) -> set[str]:
    """Names of a group's users."""
    pages = account.client("iam").get_paginator("get_group")
    with there(f"group {group}"):
        return {u["UserName"] for page in pages.paginate(GroupName=group) for u in page["Users"]}

"""What is handed to a module that cannot be read: users, groups and policies among its arguments.

A registry module or a git module that was not downloaded is opaque. That a user's name goes into it, or the ARN of a
policy, says enough to notice when it no longer does. Only names that are plainly IAM principals count: ``username`` of
a database module is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tfratchet.iam.principals import GROUP, TYPES, USER, Names, Policy, Principal
from tfratchet.matching import without_keys
from tfratchet.model import ModuleCall
from tfratchet.values import REST_KEY, JsonText, Rest, Template, Unknown, Value

_WORDS = re.compile(r"[a-z]+")
_SUBJECTS = {
    USER: frozenset({"user", "users", "username", "usernames"}),
    GROUP: frozenset({"group", "groups"}),
}
# Words of arguments that name users and groups of other kinds, or something about them.
_OTHER = frozenset(
    re.findall(
        "[a-z]+",
        """admin agent arn arns auto autoscaling cluster cognito config count create data database db default
        description email emails enabled force id ids key keys log logs master max min node number option owner
        parameter password path placement policies policy pool prefix resource root security sg ssh subnet suffix tag
        tags target type window windows""",
    )
)
_POLICY_ARGUMENT = re.compile(r"(^|_)polic(y|ies)(_arns?)?$|(^|_)policy_arns?(_|$)")
_OF_ROLES = re.compile(r"role|irsa|oidc|service-?account|assumable|instance-?profile|pod-?identity", re.IGNORECASE)
_NOT_WORD = re.compile(r"[^a-z]+")
_OUTPUT_OF_USER = re.compile(r"\.([a-z_]*user(?:name)?s?[a-z_]*)$")
_POLICY_VALUE = re.compile(r":policy/|policy")


@dataclass(frozen=True, slots=True)
class Handed:
    """A principal that a module is given, or that it keeps and gives a policy."""

    principal: Principal
    argument: str
    label: str
    """What the principal has by it, for people."""
    gives: str = ""
    policy: Policy | None = None
    """The policy, where it is named; None: whatever the module gives."""
    unknown: tuple[Unknown, ...] = ()


def handed_over(call: ModuleCall, names: Names) -> Iterator[Handed]:
    """Every principal that the arguments of an opaque call give something to."""
    for argument, value in call.arguments.items():
        for kind in (USER, GROUP):
            if _names_principals(argument, kind):
                yield from _principals(call, argument, kind, value, names)
    owner = owner_kind(call)
    if owner is not None:
        label = call.arguments.get("name")
        text = label if isinstance(label, str) else call.address
        holder = Principal(owner, f"in:{names.identity(call.address)}", text, known=isinstance(label, str))
        for argument, value in call.arguments.items():
            if _POLICY_ARGUMENT.search(argument) and "role" not in argument:
                yield from _policies(holder, argument, value, names)


def call_word(call: ModuleCall) -> str:
    """A call by its name, its source (whatever version) and the arguments that are set: the same in another root module
    is the same call, moved.
    """
    name = without_keys(call.address).rpartition(".")[2]
    return f"module {name} from {call.source.partition('?')[0]} given {', '.join(sorted(call.arguments))}"


def owner_kind(call: ModuleCall) -> str | None:
    """``user`` or ``group`` when a module plainly keeps one of these, by the last part of its source; else None."""
    source = call.source.partition("?")[0]
    last = source.rstrip("/").removesuffix(".git").rpartition("//")[2] or source
    name = last.rpartition("/")[2] if "//" in source else source
    if _OF_ROLES.search(name):
        return None
    words = set(_NOT_WORD.split(name.lower()))
    if "iam" not in words:
        return None
    if "user" in words or "users" in words:
        return USER
    return GROUP if "group" in words or "groups" in words else None


def _policies(holder: Principal, argument: str, value: Value, names: Names) -> Iterator[Handed]:
    """Managed policies by ARN; documents (inline policies) by the argument that they are in."""
    listed = _listed(value)
    for element in listed if isinstance(listed, list) else [listed]:
        if isinstance(element, JsonText) or (isinstance(element, str) and element.lstrip().startswith("{")):
            yield Handed(holder, argument, f"the policy in argument {argument}", gives=f":{argument}")
            continue
        for policy, unknown, _ in names.many_policies(element):
            arn = policy.known and not policy.id.startswith("arn:")
            if arn or (isinstance(element, (Unknown, Rest)) and _POLICY_VALUE.search(policy.id)):
                yield Handed(holder, argument, policy.label, policy=policy, unknown=unknown)


def _names_principals(argument: str, kind: str) -> bool:
    words = _WORDS.findall(argument.lower())
    subjects = [k for w in words for k, names in _SUBJECTS.items() if w in names]
    # ``group_users`` are users: the last word says what they are.
    return subjects[-1:] == [kind] and not any(w in _OTHER for w in words)


def _listed(value: Value) -> Value:
    if isinstance(value, dict):
        return [v for k, v in value.items() if k != REST_KEY]
    return value


def _principals(call: ModuleCall, argument: str, kind: str, value: Value, names: Names) -> Iterator[Handed]:
    about_iam = "iam" in _NOT_WORD.split(call.source.lower()) or "iam" in argument.split("_")
    if isinstance(value, dict):
        if not about_iam:
            return
        value = [k for k in value if k != REST_KEY]
    elements = value if isinstance(value, list) else [value]
    for element in elements:
        if isinstance(element, Rest):
            if about_iam:
                for principal, unknown, _ in names.principals(kind, element):
                    yield Handed(principal, argument, f"what {call.address} gives it", unknown=unknown)
        elif isinstance(element, (str, Unknown)) and element != "":
            principal = names.principal(kind, element)
            if about_iam or principal in names.declared or principal in names.read or _is_principal(element, kind):
                yield Handed(principal, argument, f"what {call.address} gives it")


def _is_principal(value: str | Unknown, kind: str) -> bool:
    """True for an output that is called after a user, of a module or a resource: ``module.topic.user_name``."""
    if not isinstance(value, Unknown) or isinstance(value, Template) or not value.refs:
        return False
    if any(f"{TYPES[kind]}." in address for address in value.refs):
        return True
    return kind == USER and value.refs[0].startswith("module.") and _OUTPUT_OF_USER.search(value.expr) is not None

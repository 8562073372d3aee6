"""What the resources of IAM Identity Center give a permission set: managed policies, its inline policy, its boundary.

A permission set is a holder of policies as a role is. Identity Center makes a role out of it in every account that it
is assigned to, and the provider provisions that role again whenever one of these resources comes or goes ("Resource:
aws_ssoadmin_managed_policy_attachment" and its neighbours in the provider's documentation).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tfratchet.iam.holdings import ATTACHED, BOUNDARY, INLINE
from tfratchet.iam.principals import Names, Policy
from tfratchet.matching import without_module
from tfratchet.model import Resource
from tfratchet.values import Rest, Unknown, Value

PERMISSION_SET_ARN = "permission_set_arn"
"""The argument of these resources that names the permission set."""
_MANAGED = "aws_ssoadmin_managed_policy_attachment"
_CUSTOMER_MANAGED = "aws_ssoadmin_customer_managed_policy_attachment"
_INLINE = "aws_ssoadmin_permission_set_inline_policy"
_BOUNDARY = "aws_ssoadmin_permissions_boundary_attachment"
_REFERENCE = "customer_managed_policy_reference"
_ARNS = "managed_policy_arns"

_MANAGED_EXCLUSIVE = "aws_ssoadmin_managed_policy_attachments_exclusive"
_CUSTOMER_MANAGED_EXCLUSIVE = "aws_ssoadmin_customer_managed_policy_attachments_exclusive"

EXCLUSIVE_OF_SETS = {
    _MANAGED_EXCLUSIVE: frozenset({_MANAGED, _MANAGED_EXCLUSIVE}),
    _CUSTOMER_MANAGED_EXCLUSIVE: frozenset({_CUSTOMER_MANAGED, _CUSTOMER_MANAGED_EXCLUSIVE}),
}
"""Types that take from a permission set what they do not list → the types whose attachments they rule."""
PARTS_OF_SETS = (_MANAGED, _CUSTOMER_MANAGED, _INLINE, _BOUNDARY, *EXCLUSIVE_OF_SETS)
"""The resource types that give a permission set something."""


@dataclass(frozen=True, slots=True)
class Given:
    """One policy that a resource gives its permission set."""

    policy: Policy
    route: str
    path: str
    """Where in the resource it is named; empty: the whole resource is about it."""
    unknown: tuple[Unknown, ...] = ()
    """What its being there hangs on."""


def given_by(resource: Resource, names: Names) -> Iterator[Given]:
    """What ``resource``, one of ``PARTS_OF_SETS``, gives its permission set."""
    if resource.type == _INLINE:
        # A permission set has one inline policy, without a name: one under another address is the same one, replaced.
        label = without_module(resource.address)
        yield Given(Policy("inline:of the permission set", label, resource.address), INLINE, "")
    elif resource.type == _MANAGED:
        yield from _managed(resource.values.get("managed_policy_arn"), names, ATTACHED, "managed_policy_arn")
    elif resource.type == _MANAGED_EXCLUSIVE:
        arns = resource.values.get(_ARNS)
        for policy, unknown, place in names.many_policies(arns):
            more = unknown + ((arns,) if isinstance(arns, Unknown) else ())
            yield Given(policy, ATTACHED, f"{_ARNS}{place}", more)
    elif resource.type in (_CUSTOMER_MANAGED, _CUSTOMER_MANAGED_EXCLUSIVE):
        yield from _customer_managed(resource.blocks(_REFERENCE), names, ATTACHED, _REFERENCE)
    elif resource.type == _BOUNDARY:
        for index, block in enumerate(resource.blocks("permissions_boundary")):
            if isinstance(block, dict):
                path = f"permissions_boundary.{index}"
                arn, reference = block.get("managed_policy_arn"), block.get(_REFERENCE)
                yield from _managed(arn, names, BOUNDARY, f"{path}.managed_policy_arn")
                yield from _customer_managed(reference, names, BOUNDARY, f"{path}.{_REFERENCE}")


def _managed(arn: Value, names: Names, route: str, path: str) -> Iterator[Given]:
    if isinstance(arn, (str, Unknown)) and arn != "":
        yield Given(names.policy(arn), route, path)


def _customer_managed(blocks: Value, names: Names, route: str, path: str) -> Iterator[Given]:
    """A policy by its name, which is all that counts: it is unique in an account whatever its path."""
    for index, block in enumerate(blocks if isinstance(blocks, list) else [blocks]):
        unknown = (block.of,) if isinstance(block, Rest) else (block,) if isinstance(block, Unknown) else ()
        inner = block.value if isinstance(block, Rest) else block
        # Blocks of which nothing is known stand for whatever they name.
        name = inner.get("name") if isinstance(inner, dict) else unknown[0] if unknown else None
        if isinstance(name, (str, Unknown)) and name != "":
            # The name of a policy that is declared here and gets a name at apply is a reference.
            declared = names.declared_at(name, "aws_iam_policy") is not None
            policy = names.policy(name) if declared else names.policy_named(name)
            yield Given(policy, route, f"{path}.{index}.name", unknown)

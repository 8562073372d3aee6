"""Who asks for what: the request that policies are held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tfratchet.iam.engine.patterns import ANY, AnyValue, Found
from tfratchet.iam.engine.strings import ACCOUNT, PARTITION, encode
from tfratchet.values import Unknown

PRINCIPAL_KEYS = ("aws:principal", "aws:username", "aws:userid", "aws:federatedprovider", "aws:sourceidentity")
"""Condition keys that begin like these tell who asks."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who asks. Texts are encoded (see ``strings.encode``); use ``user`` and its like to make one."""

    type: str
    """``User``, ``AssumedRole``, ``Account`` (the root user), ``Service``, ``FederatedUser``, ``Anonymous``."""
    arn: str
    account: str = ACCOUNT
    name: str = ""
    role: str = ""
    """ARN of the role, for a session of a role."""
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    """By lower-case key."""
    identity: str = ""
    """Service or federated principals: ``ec2.amazonaws.com``."""

    @staticmethod
    def user(
        name: str | Unknown,
        *,
        path: str | Unknown = "/",
        account: str | Unknown | None = None,
        tags: Mapping[str, str | Unknown] | None = None,
    ) -> Principal:
        """An IAM user of the account; ``account`` None: the one that the configuration is applied to."""
        number = ACCOUNT if account is None else encode(account)
        text = encode(name)
        return Principal(
            type="User",
            arn=f"arn:{PARTITION}:iam::{number}:user{encode(path)}{text}",
            account=number,
            name=text,
            tags={k.lower(): encode(v) for k, v in (tags or {}).items()},
        )

    @staticmethod
    def of_role(
        name: str | Unknown,
        *,
        path: str | Unknown = "/",
        account: str | Unknown | None = None,
        session: str = "session",
    ) -> Principal:
        """A session of an IAM role."""
        number = ACCOUNT if account is None else encode(account)
        text = encode(name)
        return Principal(
            type="AssumedRole",
            arn=f"arn:{PARTITION}:sts::{number}:assumed-role/{text}/{session}",
            account=number,
            name=session,
            role=f"arn:{PARTITION}:iam::{number}:role{encode(path)}{text}",
        )

    @staticmethod
    def service(name: str) -> Principal:
        """An AWS service: ``cloudtrail.amazonaws.com``."""
        return Principal(type="Service", arn="", account="", identity=name)

    def key(self, name: str) -> Found:
        """The value of one of the keys that tell who asks; ``name`` in lower case."""
        if name in ("aws:principalarn", "aws:principalaccount", "aws:principaltype"):
            if self.type in ("Service", "Anonymous"):
                return None if name != "aws:principaltype" else (self.type,)
            values = {
                "aws:principalarn": self.role or self.arn,
                "aws:principalaccount": self.account,
                "aws:principaltype": self.type,
            }
            return (values[name],)
        if name == "aws:username":
            return (self.name,) if self.type == "User" else None
        if name.startswith("aws:principaltag/"):
            tag = self.tags.get(name.partition("/")[2])
            return None if tag is None else (tag,)
        if name == "aws:principalisawsservice":
            return ("true",) if self.type == "Service" else ("false",)
        if name == "aws:principalservicename":
            return (self.identity,) if self.type == "Service" else None
        if name in ("aws:userid", "aws:principalorgid", "aws:principalorgpaths"):
            return ANY if self.type not in ("Service", "Anonymous") else None
        return None


@dataclass(frozen=True, slots=True)
class Request:
    """One question: may this principal do this action on this resource, in this context?"""

    principal: Principal
    action: str
    resource: str
    """Encoded ARN, or ``*`` for actions that take no resource."""
    context: Mapping[str, tuple[str, ...] | AnyValue] = field(default_factory=dict)
    """Encoded values by lower-case key. A key that is not here is not in the request."""
    unknown_keys: frozenset[str] = frozenset()
    """Lower-case keys of which nothing is known; ``"*"``: of no key that the context and the principal do not tell."""

    @staticmethod
    def of(
        principal: Principal,
        action: str,
        resource: str | Unknown,
        context: Mapping[str, Sequence[str | Unknown] | str | Unknown] | None = None,
        unknown_keys: Sequence[str] = (),
    ) -> Request:
        """A request from plain values."""
        return Request(
            principal, action, encode(resource), encode_context(context), frozenset(k.lower() for k in unknown_keys)
        )

    def lookup(self, key: str) -> Found:
        """The values of a condition key (lower case): the context first, then what the principal tells."""
        if key in self.context:
            return self.context[key]
        if key in self.unknown_keys:
            return ANY
        if key.startswith(PRINCIPAL_KEYS):
            return self.principal.key(key)
        return ANY if "*" in self.unknown_keys else None


def encode_context(
    context: Mapping[str, Sequence[str | Unknown] | str | Unknown] | None,
) -> dict[str, tuple[str, ...] | AnyValue]:
    """Keys in lower case, single values as lists, everything encoded."""
    found: dict[str, tuple[str, ...] | AnyValue] = {}
    for key, value in (context or {}).items():
        values = [value] if isinstance(value, (str, Unknown)) else value
        found[key.lower()] = tuple(encode(v) for v in values)
    return found

"""That somebody holds a policy, is in a group, or is ruled by an exclusive resource: plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

from tfratchet.iam.documents import Document
from tfratchet.iam.principals import Policy, Principal
from tfratchet.model import Location
from tfratchet.values import Unknown

ATTACHED = "attached"
INLINE = "inline"
BOUNDARY = "boundary"
MODULE = "module"


@dataclass(frozen=True, slots=True)
class Holding:
    """A principal holds a policy, and the resource that makes it so."""

    holder: Principal
    policy: Policy
    route: str
    """``attached``, ``inline``, ``boundary`` or ``module`` (whatever an opaque module gives)."""
    source: str
    """Address of the resource (or module call) that establishes it."""
    location: Location | None
    unknown: tuple[Unknown, ...] = ()
    """What its being there hangs on."""
    source_type: str = ""
    document: Document | None = field(default=None, compare=False)
    """The inline document, or that of the managed policy where the root module creates it."""
    dangling: bool = False
    """True when the holder is a reference to a resource that is not declared."""
    module: str = ""
    word: str = ""
    """Of an opaque module call: the call in words that hold in any root module."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A user is in a group."""

    user: Principal
    group: Principal
    source: str
    location: Location | None
    unknown: tuple[Unknown, ...] = ()
    source_type: str = ""
    dangling: bool = False
    module: str = ""
    no_group: bool = False
    """True when the group is a reference to a resource that is not declared: no plan has ever put anybody into it."""


@dataclass(frozen=True, slots=True)
class Exclusive:
    """A resource that takes away what it does not list."""

    source: str
    type: str
    location: Location | None
    holder: Principal | None
    """Whose policies it rules; None for ``aws_iam_policy_attachment``, which rules ``policy`` in the whole account."""
    policy: Policy | None
    route: str
    """``attached`` or ``inline``."""
    listed: frozenset[str]
    """Ids of policies (``holder`` given), names of inline policies, or ids of principals (``policy`` given)."""
    kinds: frozenset[str] = frozenset()
    """Kinds of principals that it names (``policy`` given)."""
    unknown: tuple[Unknown, ...] = ()
    """What it lists beyond that."""
    rules: frozenset[str] = frozenset()
    """Types of the resources whose attachments it rules; empty: all of its route."""

"""The words that every part of tfratchet shares: resources, snapshots, findings. Plain frozen dataclasses, no I/O."""

from __future__ import annotations

import enum
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tfratchet.values import Unknown, Value


class Severity(enum.IntEnum):
    """How much a loss matters; ordered, so that ``--fail-on`` can compare."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    def __str__(self) -> str:
        return self.name.lower()


class Certainty(enum.Enum):
    """``possible`` when the finding depends on an unknown value."""

    CERTAIN = "certain"
    POSSIBLE = "possible"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in one version of the tree: path with '/' relative to the tree's top, line counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be analysed (an error: exit 2) or that a reader should know (a note)."""

    kind: str
    """``syntax``, ``limit``, ``missing``, ``outside``, ``evaluation``, ``source``; for notes ``move``, ``opaque``."""
    message: str
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The ``lifecycle`` block of a resource as far as the rules need it."""

    prevent_destroy: bool = False
    ignore_changes: tuple[str, ...] = ()
    """Attribute names; ``("all",)`` for ``ignore_changes = all``."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One instance of a managed resource or data source, evaluated.

    ``values`` holds the arguments that are set: attributes as values, nested blocks as a list of dicts. An argument
    that is absent or null is not in it. ``locations`` says where each stands: ``""`` is the block itself, then
    ``"minimum_password_length"``, ``"event_selector"``, ``"event_selector.0.read_write_type"``.
    """

    address: str
    """Full address with module path and instance keys: ``module.iam["x"].aws_iam_user.this["alice"]``."""
    type: str
    name: str
    values: Mapping[str, Value]
    location: Location | None = None
    locations: Mapping[str, Location] = field(default_factory=dict)
    origins: Mapping[str, Location] = field(default_factory=dict)
    """Where the value of an argument was written when that is elsewhere: a tfvars line, a variable's default."""
    managed: bool = True
    """False for a data source (its address starts with ``data.`` behind the module path)."""
    module: str = ""
    """Address of the module instance that holds it (``""`` for the root module)."""
    key: str | int | None = None
    symbolic: bool = False
    """True when this stands for an unknown number of instances (``count``/``for_each`` over an unknown)."""
    condition: Unknown | None = None
    """The unknown ``count`` or ``for_each`` that decides whether, or how often, a symbolic instance exists."""
    lifecycle: Lifecycle = Lifecycle()
    provider: str = ""
    """The ``provider`` argument (``aws.audit``), or ``""``. Another provider can be another account."""

    def get(self, path: str) -> Value:
        """The value at ``path`` (``name``, ``versioning.0.enabled``), or None when it is not set.

        A block that is written as an attribute (``versioning = { ... }``, JSON syntax) counts as a list of one.
        """
        current: Value = dict(self.values)
        for part in path.split("."):
            if isinstance(current, dict):
                if part != "0" or part in current:
                    current = current.get(part)
            elif isinstance(current, list) and part.isdigit() and int(part) < len(current):
                current = current[int(part)]
            else:
                return None
        return current

    def blocks(self, name: str) -> list[Value]:
        """The nested blocks called ``name`` (dicts; the last may be a ``Rest`` when their number is not known)."""
        found = self.values.get(name)
        return found if isinstance(found, list) else [] if found is None else [found]

    def where(self, path: str = "") -> Location | None:
        """Where ``path`` stands; the nearest enclosing block when it is not set."""
        while path:
            if path in self.locations:
                return self.locations[path]
            path = path.rpartition(".")[0]
        return self.location


@dataclass(frozen=True, slots=True)
class ModuleCall:
    """A call of a module, local or not. ``opaque`` calls could not be evaluated (not downloaded): arguments only."""

    address: str
    source: str
    version: str
    arguments: Mapping[str, Value]
    location: Location | None = None
    locations: Mapping[str, Location] = field(default_factory=dict)
    opaque: bool = False
    symbolic: bool = False
    condition: Unknown | None = None
    key: str | int | None = None

    def where(self, path: str = "") -> Location | None:
        """Where an argument stands, else the call itself."""
        return self.locations.get(path, self.location)


@dataclass(frozen=True, slots=True)
class Moved:
    """A ``moved`` block: full addresses (module path included); each may lack instance keys."""

    source: str
    target: str
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Removed:
    """A ``removed`` block. ``destroy`` False means: forgotten by Terraform, kept in the account."""

    source: str
    destroy: bool
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Root:
    """One root module, evaluated with one set of variables."""

    path: str
    """Directory relative to the tree's top; ``"."`` for the top itself."""
    resources: Mapping[str, Resource] = field(default_factory=dict)
    """By address; managed resources and data sources."""
    calls: Mapping[str, ModuleCall] = field(default_factory=dict)
    moved: Sequence[Moved] = ()
    removed: Sequence[Removed] = ()
    errors: Sequence[Problem] = ()
    notes: Sequence[Problem] = ()
    variant: str | None = None
    """The extra var file this case was evaluated with, or None."""
    standalone: bool = False
    """True for a library module that nobody calls: its variables without default are unknown."""
    empty_inputs: frozenset[str] = frozenset()
    """Variables that are empty by default and that nothing in the tree gives a value."""
    open_inputs: bool = False
    """True for the second look at such a root module: these variables are unknown here, since whoever calls or plans
    it may give them anything."""
    inputs: Any = None
    """What callers of the root module know of its variables, for the evaluation of head (``hcl.inputs.Inputs``)."""
    files_read: frozenset[str] = frozenset()
    """Every file that the evaluation read or asked for."""
    exists: bool = True
    """False for the empty counterpart of a root that only the other side has."""

    def managed(self, *types: str) -> Iterator[Resource]:
        """Managed resources of these types (all when none is given), in order of address."""
        for address in sorted(self.resources):
            resource = self.resources[address]
            if resource.managed and (not types or resource.type in types):
                yield resource

    def data(self, *types: str) -> Iterator[Resource]:
        """Data sources of these types, in order of address."""
        for address in sorted(self.resources):
            resource = self.resources[address]
            if not resource.managed and resource.type in types:
                yield resource


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every resource of one version of the configuration, evaluated, root module by root module."""

    label: str
    """What was compared: a revision, ``INDEX``, ``WORKTREE``, a folder, a plan file."""
    roots: Sequence[Root]
    errors: Sequence[Problem] = ()
    """Errors that belong to no root module."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a finding: the value there, for people, and where it stands."""

    value: str
    location: Location | None = None
    whole: str = ""
    """A digest of the value where ``value`` had to cut it: two that start alike are still two."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why a finding is accepted, until when (ISO date) and by which means (``comment``, ``config``, ...)."""

    reason: str
    expires: str | None
    by: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a change takes away."""

    rule: str
    title: str
    family: str
    severity: Severity
    certainty: Certainty
    address: str
    message: str
    base: Side | None
    head: Side | None
    root: str = "."
    variant: str | None = None
    fix: str = ""
    """How to put it right, for this finding; falls back on the rule's own text."""
    depends_on: tuple[str, ...] = ()
    """Expressions of the unknown values that a ``possible`` finding depends on."""
    lost: tuple[str, ...] = ()
    """What exactly is lost, as words without addresses or folders: a finding whose ``lost`` appears newly in another
    root module of the same change is a move, no loss. Empty: never judged so."""
    suppressed: Suppression | None = None
    details: tuple[str, ...] = ()
    """What tells this loss from another and is cut in the text for people: the fourth user, the seventh event."""

    @property
    def digest(self) -> str:
        """12 hex digits over what belongs to the loss and is not, or not wholly, in its text; empty without any."""
        sides = [side.whole for side in (self.base, self.head) if side is not None and side.whole]
        parts = [*self.lost, "", *self.details, "", *sides]
        return _hash(parts)[:12] if any(parts) else ""

    @property
    def fingerprint(self) -> str:
        """16 hex digits, the same for the same loss wherever it stands in the file: see ``fingerprint``."""
        return fingerprint(
            rule=self.rule,
            root=self.root,
            variant=self.variant,
            address=self.address,
            message=self.message,
            base=self.base.value if self.base else None,
            head=self.head.value if self.head else None,
            digest=self.digest,
        )

    def with_severity(self, severity: Severity) -> Finding:
        """The same finding with another severity (configuration)."""
        return replace(self, severity=severity)


_ORIGIN = re.compile(r" \(the value comes from .*?:\d+\)")


def fingerprint(
    *,
    rule: str,
    root: str,
    variant: str | None,
    address: str,
    message: str,
    base: str | None,
    head: str | None,
    digest: str,
) -> str:
    """16 hex digits for one loss. Both values are part of it, and the message: who loses a guard is told there only.

    The place is not: neither lines, nor where a value was written. An alert that was dismissed, or a finding that was
    accepted, must never speak for another user, policy or folder.
    """
    parts = (rule, root, variant or "", address, _ORIGIN.sub("", message), base or "", head or "", digest)
    return _hash(parts)[:16]


def _hash(parts: Iterable[str]) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()

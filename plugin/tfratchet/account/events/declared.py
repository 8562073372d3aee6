"""Which Terraform declares what a call took away: then the next apply puts it back."""

from __future__ import annotations

import contextlib
import enum
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tfratchet.account.events.catalog import DETACHING
from tfratchet.account.events.event import Event, Target
from tfratchet.errors import UserError
from tfratchet.hcl.load import load_root
from tfratchet.hcl.module import Parser
from tfratchet.iam.entitlements import ATTACHED, BOUNDARY, INLINE, MODULE, Entitlements, Holding
from tfratchet.iam.principals import GROUP, USER, Policy, Principal
from tfratchet.model import Location, Problem, Resource, Root
from tfratchet.sources.changes import Change
from tfratchet.sources.folders import FolderTree
from tfratchet.sources.git import Repository
from tfratchet.sources.process import GitError
from tfratchet.sources.reach import reach
from tfratchet.sources.tree import SourceTree, TreeError
from tfratchet.values import Unknown, canonical


class State(enum.Enum):
    """What the configuration says of what was taken away."""

    DECLARED = "declared"
    POSSIBLE = "may be declared"
    ABSENT = "not declared"
    UNASKED = ""
    """Nothing that is looked for in the configuration."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether and where something is declared."""

    state: State
    location: Location | None = None
    address: str = ""
    root: str = "."
    depends_on: tuple[str, ...] = ()
    why: str = ""
    """Why it is only possible."""

    def __str__(self) -> str:
        where = str(self.location) if self.location else self.address
        if self.state is State.DECLARED:
            return f"declared in {where}; apply puts it back"
        if self.state is State.POSSIBLE:
            return f"may be declared in {where} ({self.why})" if where else f"may be declared: {self.why}"
        return self.state.value


UNASKED = Answer(State.UNASKED)
_TRAIL_CALLS = frozenset({"StopLogging", "DeleteTrail", "UpdateTrail"})
_PASSWORD_CALLS = frozenset({"DeleteAccountPasswordPolicy", "UpdateAccountPasswordPolicy"})


@dataclass
class Configuration:
    """A folder of Terraform, evaluated: every root module in it, every case of each."""

    roots: list[Root] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._known: dict[tuple[str, Target], Answer] = {}
        self._entitlements = [Entitlements.of(root, lambda address: address) for root in self.roots]

    def ask(self, event: Event) -> Answer:
        """Whether the configuration declares what a call took away."""
        key = (event.name, event.target)
        if key not in self._known:
            self._known[key] = self._ask(event)
        return self._known[key]

    def _ask(self, event: Event) -> Answer:
        answers = list(self._answers(event))
        if not answers and not _asked(event):
            return UNASKED
        for state in (State.DECLARED, State.POSSIBLE):
            found = next((a for a in answers if a.state is state), None)
            if found is not None:
                return found
        if self.problems:
            return Answer(State.POSSIBLE, why="the configuration could not be read whole")
        return Answer(State.ABSENT)

    def log_buckets(self) -> frozenset[str]:
        """Names of the buckets that declared trails write to, where they are known."""
        found = set()
        for root in self.roots:
            for trail in root.managed("aws_cloudtrail"):
                value = trail.values.get("s3_bucket_name")
                if isinstance(value, str):
                    found.add(value)
                elif isinstance(value, Unknown):
                    found |= {n for n in (_literal(root.resources.get(a), "bucket") for a in value.refs) if n}
        return frozenset(found)

    def _answers(self, event: Event) -> Iterator[Answer]:
        target = event.target
        if not _asked(event):
            return
        for root, entitlements in zip(self.roots, self._entitlements, strict=True):
            if event.name == "RemoveUserFromGroup":
                yield from _memberships(root, entitlements, target)
            elif event.name == "DeleteGroup":
                yield from _group(root, entitlements, target)
            elif event.name in _TRAIL_CALLS:
                yield from _named(root, "aws_cloudtrail", target.name)
            elif event.name in _PASSWORD_CALLS:
                yield from _named(root, "aws_iam_account_password_policy", "")
            else:
                yield from _holdings(root, entitlements, event.name, target)


def _asked(event: Event) -> bool:
    if event.name in _TRAIL_CALLS:
        return bool(event.target.name)
    if event.name in _PASSWORD_CALLS:
        return True
    return event.name in DETACHING and event.source == "iam.amazonaws.com" and bool(event.target.name)


# -- opening


def open_configuration(folder: str, revision: str | None = None) -> Configuration:
    """The configuration in ``folder``: as it is on the disk, or as it is in a revision of git.

    What the folder's modules call elsewhere in its repository is read too. Raises UserError when it cannot be opened.
    """
    if not os.path.isdir(folder):
        raise UserError(f"'{folder}' is not a folder", where="--source")
    with contextlib.ExitStack() as stack:
        try:
            tree, prefix = _tree(folder, revision, stack)
            empty = stack.enter_context(tempfile.TemporaryDirectory(prefix="tfratchet-empty-"))
            changes = [Change("A", None, path) for path in tree.walk(prefix or ".")]
            targets = reach(FolderTree(empty), tree, changes, paths=[prefix] if prefix else []).targets
        except (GitError, TreeError) as error:
            raise UserError(str(error), where="--source") from None
        parser = Parser()
        roots = [
            load_root(tree, target.head_path, parser=parser, variant=variant, standalone=target.standalone)
            for target in targets
            if target.head_path is not None
            for variant in target.variants or (None,)
        ]
    if not roots:
        raise UserError("holds no Terraform configuration", where=folder)
    return Configuration(roots, list(dict.fromkeys(p for root in roots for p in root.errors)))


def _tree(folder: str, revision: str | None, stack: contextlib.ExitStack) -> tuple[SourceTree, str]:
    """A tree and the folder's path in it: of the git repository around it, or the folder itself."""
    try:
        repository = stack.enter_context(Repository.open(folder))
    except GitError:
        if revision is not None:
            raise
        return FolderTree(folder), ""
    if revision is None and (repository.top is None or not repository.prefix):
        return FolderTree(folder), ""
    return repository.tree(revision or "WORKTREE"), repository.prefix.strip("/")


# -- what holds what


def _holdings(root: Root, entitlements: Entitlements, call: str, target: Target) -> Iterator[Answer]:
    names = entitlements.names
    wanted = names.principal(target.kind, target.name)
    inline = call.startswith("Delete") and call.endswith("Policy")
    boundary = call.endswith("PermissionsBoundary")
    if inline:
        policy = Policy(f"inline:{names.text(target.policy)}", target.policy)
    elif not boundary:
        policy = names.policy(target.policy)
    for holding in entitlements.holdings:
        if holding.holder.kind != target.kind:
            continue
        route = holding.route
        if route not in (MODULE, BOUNDARY if boundary else INLINE if inline else ATTACHED):
            continue
        who = _is_principal(entitlements, holding.holder, wanted, target.name)
        what: bool | None = None if route == MODULE else True if boundary else _is_policy(root, holding, policy, target)
        if who is False or what is False:
            continue
        sure = who is True and what is True and not holding.unknown and not holding.dangling
        labels = [x for x, known in ((holding.holder, who), (holding.policy, what)) if known is None]
        yield _answer(root, sure, holding.location, holding.source, holding.unknown, *labels)


def _memberships(root: Root, entitlements: Entitlements, target: Target) -> Iterator[Answer]:
    names = entitlements.names
    user, group = names.principal(USER, target.name), names.principal(GROUP, target.group)
    for membership in entitlements.memberships:
        who = _is_principal(entitlements, membership.user, user, target.name)
        where = _is_principal(entitlements, membership.group, group, target.group)
        if who is False or where is False:
            continue
        sure = who is True and where is True and not membership.unknown and not membership.dangling
        location, source = membership.location, membership.source
        labels = [x for x, known in ((membership.user, who), (membership.group, where)) if known is None]
        yield _answer(root, sure, location, source, membership.unknown, *labels)


def _group(root: Root, entitlements: Entitlements, target: Target) -> Iterator[Answer]:
    wanted = entitlements.names.principal(GROUP, target.name)
    for principal, resource in entitlements.names.declared.items():
        if principal.kind != GROUP:
            continue
        who = _is_principal(entitlements, principal, wanted, target.name)
        if who is not False:
            sure = who is True and not resource.symbolic
            yield _answer(root, sure, resource.location, resource.address, (), *([principal] if who is None else []))


def _named(root: Root, kind: str, name: str) -> Iterator[Answer]:
    for resource in root.managed(kind):
        value = resource.values.get("name")
        known = isinstance(value, str) or not name
        if known and name and value != name:
            continue
        if not known and not may_be(value, name):
            continue
        unknown = (value,) if isinstance(value, Unknown) else ()
        yield _answer(root, known and not resource.symbolic, resource.location, resource.address, unknown)


def _answer(
    root: Root,
    sure: bool,
    location: Location | None,
    source: str,
    unknown: Sequence[Unknown],
    *labels: Principal | Policy,
) -> Answer:
    if sure:
        return Answer(State.DECLARED, location, source, root.path)
    depends = tuple(dict.fromkeys(canonical(u).replace("\u27e6", "").replace("\u27e7", "") for u in unknown))
    if not depends:
        depends = tuple(dict.fromkeys(str(label.label) for label in labels))
    why = f"depends on {', '.join(depends[:3])}" if depends else "its user or policy is not declared"
    return Answer(State.POSSIBLE, location, source, root.path, depends, why)


def _literal(resource: Resource | None, argument: str) -> str:
    value = resource.values.get(argument) if resource is not None else None
    return value if isinstance(value, str) else ""


def _is_principal(entitlements: Entitlements, holder: Principal, wanted: Principal, name: str) -> bool | None:
    """Whether a holder is the one that is wanted; None: it may be."""
    declared = entitlements.names.declared.get(holder)
    if declared is not None:
        value = declared.values.get("name")
        if isinstance(value, str):
            return value == name
        return None if may_be(value, name) else False
    if holder == wanted:
        return True
    if holder.many:
        return None
    return None if not holder.known and _fits(holder.id, name) else False


def _is_policy(root: Root, holding: Holding, wanted: Policy, target: Target) -> bool | None:
    policy = holding.policy
    if policy == wanted:
        return True
    name = target.policy.rpartition("/")[2]
    resource = root.resources.get(policy.address) if policy.address else None
    if resource is not None:
        if wanted.aws_managed:
            return False
        value = resource.values.get("name")
        return None if not isinstance(value, str) and may_be(value, name) else False
    if policy.dangling:
        return None
    if policy.known:
        return False
    return None if _fits(policy.id, name, target.policy) else False


def may_be(value: object, name: str) -> bool:
    """Whether a value that is not known may be this name. Absent: Terraform makes one up."""
    if value is None:
        return True
    return isinstance(value, Unknown) and _fits(canonical(value), name)


def _fits(text: str, *names: str) -> bool:
    """Whether one of ``names`` begins and ends as a canonical text with unknown parts (``"x-${var.a}"``) does."""
    text = text.rpartition("aws_iam_policy:")[2] if '"' in text else text
    if not (text.startswith('"') and text.endswith('"')) or "${" not in text:
        return True
    before, behind = text[1:-1].partition("${")[0], text[1:-1].rpartition("}")[2]
    if before.startswith("arn:"):
        before = ""
    behind = behind.rpartition("/")[2]
    return any(n.startswith(before) and n.endswith(behind) for n in names)

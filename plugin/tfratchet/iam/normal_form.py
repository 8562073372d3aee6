"""Equal in meaning is equal: a document as the set of its atoms.

An atom is one (effect, principal, action, resource, conditions): a statement with two actions and three resources is
six atoms, so order, the splitting and merging of statements and single values in place of lists make no difference.
An atom that another atom covers (``iam:Get*`` beside ``iam:*``) is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from tfratchet.arns import in_usual_partition
from tfratchet.iam.engine.strings import covers, encode
from tfratchet.iam.statements import DEFAULT_VERSION, Document, Leaf, Statement, condition_text, texts
from tfratchet.values import Unknown, canonical

_MAX_COMPARISONS = 2_000_000


@dataclass(frozen=True, slots=True, order=True)
class Atom:
    """The smallest part of a statement; every field is canonical text."""

    effect: str
    principal: str
    conditions: tuple[str, ...]
    variables: str
    """``variables`` where policy variables are put in, ``literal`` where ``${...}`` is plain text, else empty."""
    action: str
    resource: str
    when: str = ""
    """The unknown conditions that the atom hangs on."""
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class _Wild:
    """Action and resource of an atom, encoded for comparison; None: a ``Not...`` list, comparable only as a whole."""

    action: str | None
    resource: str | None


@lru_cache(maxsize=4096)  # one policy is held against those of each of its holders
def atoms(document: Document) -> frozenset[Atom]:
    """The atoms of a document, none of which covers another."""
    groups: dict[tuple[object, ...], dict[Atom, _Wild]] = {}
    for atom, wild in _atoms(document, ""):
        key = (atom.effect, atom.principal, atom.conditions, atom.variables, atom.when)
        groups.setdefault(key, {})[atom] = wild
    found: set[Atom] = set()
    for group in groups.values():
        found.update(_uncovered(group))
    return _without_choice(found)


def _atoms(document: Document, when: str) -> Iterator[tuple[Atom, _Wild]]:
    if document.opaque is not None:
        expr = document.opaque.expr
        yield Atom("opaque", "", (), "", expr, "", when, unknown=True), _Wild(None, None)
    for statement in document.statements:
        yield from _split(statement, document, when)
    for condition, if_true, if_false in document.choices:
        yield from _atoms(if_true, f"{when} ({condition})")
        yield from _atoms(if_false, f"{when} !({condition})")


def _split(statement: Statement, document: Document, when: str) -> Iterator[tuple[Atom, _Wild]]:
    if statement.maybe is not None:
        when = f"{when} ({statement.maybe.expr})"
    shared = [c.operator for c in statement.conditions]
    shared += [c.key for c in statement.conditions]
    shared += [v for c in statement.conditions for v in c.values]
    shared += [statement.effect]
    vague = bool(when) or any(isinstance(leaf, Unknown) for leaf in shared)
    variables = ""
    if any("${" in part for leaf in statement.leaves() for part in texts(leaf)):
        variables = "literal" if document.version == DEFAULT_VERSION else "variables"
        if isinstance(document.version, Unknown):
            variables, vague = document.version.expr, True
    conditions = tuple(condition_text(c) for c in statement.conditions)
    for principal, principal_vague in _principals(statement):
        for action, encoded_action, action_vague in _parts(statement.actions, statement.not_actions, fold=True):
            for resource, encoded, resource_vague in _parts(statement.resources, statement.not_resources):
                atom = Atom(
                    effect=_text(statement.effect),
                    principal=principal,
                    conditions=conditions,
                    variables=variables,
                    action=action,
                    resource=resource,
                    when=when,
                    unknown=vague or principal_vague or action_vague or resource_vague,
                )
                yield atom, _Wild(encoded_action, encoded)


def _text(leaf: Leaf) -> str:
    return leaf if isinstance(leaf, str) else canonical(leaf)


def _principals(statement: Statement) -> Iterator[tuple[str, bool]]:
    if statement.not_principals is not None:
        ids = ", ".join(f"{kind}: {_plain(leaf)}" for kind, leaf in statement.not_principals)
        yield f"not [{ids}]", any(isinstance(leaf, Unknown) for _, leaf in statement.not_principals)
    elif statement.principals is None:
        yield "", False
    else:
        for kind, leaf in statement.principals:
            yield f"{kind}: {_plain(leaf)}", isinstance(leaf, Unknown)


def _parts(
    plain: tuple[Leaf, ...] | None, negated: tuple[Leaf, ...] | None, *, fold: bool = False
) -> Iterator[tuple[str, str | None, bool]]:
    """(canonical text, encoded text or None for a Not... list, has unknowns) for each part that can be split off."""
    if negated is not None:
        members = {_folded(leaf) if fold else _plain(leaf) for leaf in negated}
        yield f"not [{', '.join(sorted(members))}]", None, any(isinstance(leaf, Unknown) for leaf in negated)
    elif plain is None:
        yield "", None, False
    else:
        for leaf in plain:
            text = _folded(leaf) if fold else _plain(leaf)
            encoded = encode(in_usual_partition(leaf))
            yield text, encoded.lower() if fold else encoded, isinstance(leaf, Unknown)


def _plain(leaf: Leaf) -> str:
    return canonical(in_usual_partition(leaf))


def _folded(leaf: Leaf) -> str:
    if not isinstance(leaf, str):
        return canonical(leaf)
    return canonical("*" if leaf == "*:*" else leaf.lower())


def _uncovered(group: dict[Atom, _Wild]) -> Iterable[Atom]:
    wide = [(a, w) for a, w in group.items() if "*" in (w.action or "") or "*" in (w.resource or "")]
    if len(wide) * len(group) > _MAX_COMPARISONS:
        return group
    kept = set(group)
    # An action without a wildcard covers none but itself.
    same: dict[str, list[tuple[Atom, _Wild]]] = {}
    for found in wide:
        same.setdefault(found[0].action, []).append(found)
    starred = [found for found in wide if "*" in (found[1].action or "")]
    for atom, wild in group.items():
        for other, cover in (*same.get(atom.action, ()), *starred):
            if other is atom or other not in kept:
                continue
            if _covers(other.action, cover.action, atom.action, wild.action) and _covers(
                other.resource, cover.resource, atom.resource, wild.resource
            ):
                kept.discard(atom)
                break
    return kept


def _covers(wide_text: str, wide: str | None, narrow_text: str, narrow: str | None) -> bool:
    if wide_text == narrow_text:
        return True
    return wide is not None and narrow is not None and covers(wide, narrow)


def _without_choice(found: set[Atom]) -> frozenset[Atom]:
    """Atoms without those that are there anyway, whatever an unknown condition says."""
    certain = {(a.effect, a.principal, a.conditions, a.variables, a.action, a.resource) for a in found if not a.when}
    return frozenset(
        a
        for a in found
        if not a.when or (a.effect, a.principal, a.conditions, a.variables, a.action, a.resource) not in certain
    )


def equal(left: Document, right: Document) -> bool | None:
    """Whether two documents mean the same. None: that hangs on an unknown value in which they differ.

    True is certain: equal atoms. False says that they differ in known parts only; documents may differ and still allow
    the same, which is for the engine to find out.
    """
    if left is right:
        return True
    difference = atoms(left) ^ atoms(right)
    if not difference:
        return True
    return None if any(a.unknown for a in difference) else False


def canonical_text(document: Document) -> str:
    """One text for each meaning: equal documents (see ``equal``) have the same. For people and for fingerprints."""
    lines = []
    for a in sorted(atoms(document)):
        words = [a.effect, f"{a.action} on {a.resource}" if a.resource else a.action]
        if a.principal:
            words.append(f"for {a.principal}")
        if a.conditions:
            words.append("if " + " and ".join(a.conditions))
        if a.variables:
            words.append(f"[{a.variables}]")
        if a.when:
            words.append("when" + a.when)
        lines.append(" ".join(words))
    return "\n".join(lines)

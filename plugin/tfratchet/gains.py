"""What a change adds, found by looking at it the other way round: what head would lose by going back to base.

Every rule runs once more with both sides swapped; a loss that is certain there is a gain here. Only what this module
has words for is told, so that a rule of which the opposite is no gain (a rename, a gap in the records) says nothing:

* ``<setting> is weaker: A → B``, as every rule about a setting with a direction says it, becomes ``<setting>: B → A``;
* policies and groups, by the words of ``Finding.lost``;
* the sentences of guards, and the rules in ``_SAID``.

Silent on purpose: a root module that is new (everything in it is), one of which something could not be read, and the
second look at library modules with open inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tfratchet.iam.losses import holding_word
from tfratchet.iam.rewrites import is_guard
from tfratchet.matching import covers
from tfratchet.model import Certainty, Finding, Moved, Problem, Root
from tfratchet.more import ATTACHED, STRONGER, Gain
from tfratchet.moves import drop_moves
from tfratchet.words import HAS, IN, edge, listed

if TYPE_CHECKING:
    from tfratchet.compare import Comparison, RootPair
    from tfratchet.rules.base import Rule

_WEAKER = " is weaker: "
# The opposite of these is said by their words: who has what. Of the other rules of the family it is no gain.
_HOLDING = frozenset({"TFR101", "TFR102", "TFR104", "TFR108", "TFR113", "TFR114", "TFR121", "TFR122", "TFR128"})
_INLINE = frozenset({"TFR102", "TFR114", "TFR122"})
_BOUNDARY = frozenset({"TFR105", "TFR115", "TFR125"})
_MEMBERSHIP = frozenset({"TFR103"})
# Hard expiry has no direction of its own.
_NEVER = frozenset({"TFR210"})


def gains(
    comparison: Comparison, rules: Sequence[Rule], findings: Iterable[Finding]
) -> tuple[tuple[Gain, ...], tuple[Problem, ...]]:
    """What the change adds, settings and guards first, and what could not be worked out.

    ``findings``: what the change takes away.
    """
    from tfratchet.compare import Comparison, RootPair, run_rule, weaken

    swapped = Comparison(comparison.head, comparison.base, comparison.settings)
    for pair in comparison.pairs:
        base, head = _swapped(pair.base, pair.head)
        swapped.pairs.append(RootPair(base, head, pair.settings, swapped))
    problems: list[Problem] = []
    found = [
        (back, loss)
        for pair, back in zip(comparison.pairs, swapped.pairs, strict=True)
        if _worth_a_look(pair)
        for rule in rules
        if rule.id not in _NEVER
        for loss in run_rule(rule, back, problems)
        if weaken(back, loss).certainty is Certainty.CERTAIN
    ]
    kept, _ = drop_moves(found, swapped.pairs, rules)
    left = set(map(id, kept))
    detached = {f.root for f in findings if f.family == "detach"}
    told: list[Gain] = []
    for pair, back in zip(comparison.pairs, swapped.pairs, strict=True):
        mine = [loss for of, loss in found if of is back and id(loss) in left]
        # Who loses a policy that allows something can do less, too; that is no gain.
        mine = [loss for loss in mine if not (pair.path in detached and _was_allowed(loss))]
        both = (*_of_principals(back, mine), *_of_the_rest(back, mine))
        told += [replace(gain, root=pair.path, variant=pair.variant) for gain in both]
    unique = {(g.root, g.text, g.address): g for g in reversed(told)}
    ordered = sorted(unique.values(), key=lambda g: (g.kind != STRONGER, g.root, g.rule, g.text, g.address))
    notes = [replace(p, message=f"{p.message} (asked what the change adds)") for p in dict.fromkeys(problems)]
    return tuple(ordered), tuple(notes)


def _worth_a_look(pair: RootPair) -> bool:
    whole = not pair.base.errors and not pair.head.errors
    return whole and pair.base.exists and pair.head.exists and not (pair.base.open_inputs or pair.head.open_inputs)


def _was_allowed(loss: Finding) -> bool:
    """True when all there is to a loss is that nothing allowed a call before."""
    return loss.base is not None and loss.base.value == "nothing allowed it"


def _swapped(base: Root, head: Root) -> tuple[Root, Root]:
    """(head, base), with the ``moved`` blocks of this change leading back."""
    addresses = [*base.resources, *base.calls]
    known = {(m.source, m.target) for m in base.moved}
    back = [
        Moved(m.target, m.source, m.location)
        for m in head.moved
        if (m.source, m.target) not in known and any(covers(m.source, a) is not None for a in addresses)
    ]
    return replace(head, moved=(), removed=()), replace(base, moved=back, removed=())


def _gain(finding: Finding, text: str, kind: str = STRONGER) -> Gain:
    where = finding.base.location if finding.base is not None else None
    return Gain(kind, text, finding.rule, finding.address, location=where)


# -- users, groups, roles, permission sets ----------------------------------------------------------------------------


def _of_principals(back: RootPair, findings: Iterable[Finding]) -> Iterator[Gain]:
    """Policies and memberships, those who get the same in one line."""
    side = back.base_entitlements
    # One whose name is an expression may be somebody of base under another expression.
    known = {str(h.holder) for h in side.holdings if h.holder.known}
    known |= {str(m.user) for m in side.memberships if m.user.known and m.group.known}
    guards = [h for h in side.holdings if is_guard(h.document)]
    guarding = {holding_word(h) for h in guards} | {str(h.holder) for h in guards}
    holders: dict[tuple[str, str], dict[str, Finding]] = {}
    for finding in findings:
        for word in finding.lost:
            ends = edge(word)
            told = _added(finding.rule, word, guarding) if ends is not None and ends[0] in known else None
            if ends is not None and told is not None and not (finding.rule in _BOUNDARY and _replaced(finding)):
                holders.setdefault(told, {})[ends[0]] = finding
    for (kind, text), by_name in holders.items():
        yield _gain(next(iter(by_name.values())), f"{text} {listed(list(by_name))}", kind)


def _added(rule: str, word: str, guarding: Container[str]) -> tuple[str, str] | None:
    """The kind of a gain and the beginning of its text. ``guarding``: words and groups that deny something."""
    has, member = HAS.fullmatch(word), IN.fullmatch(word)
    if has is not None and has["how"] == "policy" and rule in _HOLDING:
        guard = word in guarding
        what = f"{'inline ' if rule in _INLINE else ''}{'guard' if guard else 'policy'}"
        return STRONGER if guard else ATTACHED, f"{what} {has['policy']} attached to"
    if has is not None and has["how"] == "boundary" and rule in _BOUNDARY:
        return STRONGER, f"permissions boundary {has['policy']} set for"
    if member is not None and rule in _MEMBERSHIP:
        if member["group"] in guarding:
            return STRONGER, f"{member['group']} (it carries a guard) joined by"
        return ATTACHED, f"{member['group']} joined by"
    return None


def _replaced(finding: Finding) -> bool:
    """Another boundary in place of one is neither more nor less for certain."""
    return finding.head is None or finding.head.value != "no boundary"


# -- everything else ------------------------------------------------------------------------------------------------


def _of_the_rest(back: RootPair, findings: Iterable[Finding]) -> Iterator[Gain]:
    for finding in findings:
        text = _text(finding)
        if text and not _of_nobody(back, finding):
            yield _gain(finding, text)


def _of_nobody(back: RootPair, finding: Finding) -> bool:
    """True when a new policy that nobody has is all there is to tell: what it denies may have come from another one."""
    if "who has this policy" not in finding.message.lower():
        return False
    resource = back.base.resources.get(finding.address)
    return resource is not None and back.matching.head_for(resource) is None


def _text(finding: Finding) -> str | None:
    label, weaker, _ = finding.message.partition(_WEAKER)
    if weaker and ":" not in label:  # else it is part of a longer story
        return _setting(label, finding)
    say = _SAID.get(finding.rule)
    return say(finding) if say is not None else None


def _setting(label: str, finding: Finding) -> str | None:
    """``minimum password length: 8 → 14 characters``."""
    if finding.base is None or finding.head is None:
        return None
    before, after = finding.head.value, finding.base.value
    number, blank, unit = after.partition(" ")
    other, _, same = before.partition(" ")
    if blank and unit == same and number.isdigit() and other.isdigit():
        before = other
    return f"{label}: {before} → {after}"


def _guard(finding: Finding) -> str | None:
    """``Without MFA, bob can no longer call iam:DetachUserPolicy``."""
    who, could, rest = finding.message.partition(" could not call ")
    calls = rest.partition("; with this change ")[0].partition(" (statement ")[0]
    if any(mark in who for mark in ("[*]", "${")):
        return None  # an expression: these may have been there under another one
    return f"{who} can no longer call {calls}" if could and calls else None


def _part(start: str, end: str, say: str) -> Callable[[Finding], str | None]:
    """``say`` about what stands between ``start`` and ``end`` in the message (from its beginning, to its end, when
    these are empty); nothing when it does not have them.
    """

    def text(finding: Finding) -> str | None:
        _, found, rest = finding.message.partition(start) if start else ("", "yes", finding.message)
        what, closed, _ = rest.partition(end) if end else (rest, "yes", "")
        return say.replace("{}", what) if found and closed else None

    return text


def _first(*ways: Callable[[Finding], str | None]) -> Callable[[Finding], str | None]:
    """The first of these that says something."""

    def text(finding: Finding) -> str | None:
        return next((said for said in (way(finding) for way in ways) if said), None)

    return text


def _pool(finding: Finding) -> str | None:
    label = "MFA of the user pool"
    return _setting(label, finding) if finding.message.startswith(label) else None


_SAID: Mapping[str, Callable[[Finding], str | None]] = {
    "TFR201": _part("the account loses its password policy", "", "the account gets a password policy"),
    "TFR211": _part("", " is no longer written", "now written: {}"),
    "TFR301": _guard,
    "TFR302": _guard,
    "TFR303": _guard,
    "TFR304": _guard,
    "TFR305": lambda f: f"{f.message.removesuffix(' is deleted')} added" if f.message.endswith(" is deleted") else None,
    "TFR306": _first(_pool, _part("the user pool no longer accepts a ", "", "the user pool accepts a {}")),
    "TFR307": _part("can be deleted without MFA", "", "versions of objects can be deleted with MFA only"),
    "TFR401": _part("", " is gone", "{} added"),
    "TFR408": _part("no longer recorded: ", "", "recorded now: {}"),
    "TFR409": _part("no longer recorded: ", "", "recorded now: {}"),
    "TFR411": _part("no longer denied: ", "", "denied by the policy of the log bucket: {}"),
    "TFR413": _part("insights no longer looked for: ", "", "insights looked for: {}"),
    "TFR415": _first(
        _part("no longer watched: ", "", "watched now: {}"),
        _part("watched without telling anybody: ", "", "somebody is told of: {}"),
    ),
    "TFR417": _part("", " is removed", "{} added"),
    "TFR501": _guard,
    "TFR502": _guard,
    "TFR503": _first(
        _part("Terraform may delete this again", "", "protected from deletion: prevent_destroy = true"),
        _part("changes of ", " by hand are no longer put back", "put back when changed by hand: {}"),
    ),
    "TFR504": _part("The call of ", " is gone", "guard module called: {}"),
}

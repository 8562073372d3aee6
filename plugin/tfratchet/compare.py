"""Base against head: pairs the root modules, runs the rules, drops what only moved. Pure: no file, no git, no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from tfratchet.config import Settings
from tfratchet.iam.changes import entitlement_changes
from tfratchet.iam.entitlements import Entitlements
from tfratchet.iam.losses import Changes
from tfratchet.matching import Matching, covers, without_keys
from tfratchet.model import Certainty, Finding, Problem, Root, Severity, Snapshot
from tfratchet.more import More
from tfratchet.moves import drop_moves
from tfratchet.rules.base import Rule, RuleInfo


@dataclass
class RootPair:
    """One root module (and variant) in base and head; a side that does not exist is an empty ``Root``."""

    base: Root
    head: Root
    settings: Settings
    comparison: Comparison | None = None

    @property
    def path(self) -> str:
        """Directory of the root module: head's, or base's when it is gone."""
        return self.head.path if self.head.exists else self.base.path

    @property
    def variant(self) -> str | None:
        """The extra var file of this case, if any."""
        return self.head.variant if self.head.exists else self.base.variant

    @cached_property
    def matching(self) -> Matching:
        """Which resource of base is which of head."""
        return Matching(self.base, self.head)

    @cached_property
    def base_entitlements(self) -> Entitlements:
        """Who has which policy in base; principals and policies named as the matching names them."""
        return Entitlements.of(self.base, self.matching.identity_of_base)

    @cached_property
    def entitlement_changes(self) -> Changes:
        """What users, groups and roles lose."""
        return entitlement_changes(self.matching, self.base_entitlements, self.head_entitlements)

    @cached_property
    def head_entitlements(self) -> Entitlements:
        """Who has which policy in head; a principal or policy that is the same as in base has the same identity."""
        return Entitlements.of(self.head, self.matching.identity_of_head)


@dataclass
class Comparison:
    """Everything the rules may look at: all pairs of one run, so that a move to another root can be recognised."""

    base: Snapshot
    head: Snapshot
    settings: Settings
    pairs: list[RootPair] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Result:
    """What a run found: findings (suppressed ones included, marked later), notes and errors."""

    findings: Sequence[Finding]
    notes: Sequence[Problem]
    errors: Sequence[Problem]
    more: Callable[[], More] = field(default=More, compare=False, repr=False)
    """What the change adds, and what stays around the losses. Worked out when first asked for: few reports do."""


def compare(
    base: Snapshot,
    head: Snapshot,
    settings: Settings,
    rules: Iterable[Rule],
    pairs: Sequence[tuple[Root, Root]] | None = None,
) -> Result:
    """Run ``rules`` on every pair of root modules.

    ``pairs``: which root module of base is which of head, where paths do not tell (a renamed directory); else they are
    paired by path and variant. The result is in order of root module, then worst first, and holds each finding once.
    """
    comparison = Comparison(base, head, settings)
    for one, other in pairs if pairs is not None else pair_roots(base, head):
        comparison.pairs.append(RootPair(one, other, settings, comparison))
    active = [rule for rule in rules if is_active(rule, settings)]
    findings: list[tuple[RootPair, Finding]] = []
    errors = _problems(base, head, comparison.pairs)
    for pair in comparison.pairs:
        for rule in active:
            findings.extend((pair, weaken(pair, found)) for found in run_rule(rule, pair, errors))
    kept, moves = drop_moves(_second_looks(findings), comparison.pairs, active)
    kept = [f.with_severity(Severity.LOW) if _EXAMPLES & set(f.root.split("/")) else f for f in kept]
    chosen = [f.with_severity(settings.severities[f.rule]) if f.rule in settings.severities else f for f in kept]
    order = sorted(chosen, key=lambda f: (f.root, f.variant or "", -f.severity, f.rule, f.address, f.message))
    notes = [note for pair in comparison.pairs for note in _notes(pair)]
    told = list(dict.fromkeys(order))
    return Result(told, _once([*moves, *notes]), _once(errors), lru_cache(1)(lambda: _more(comparison, active, told)))


def _more(comparison: Comparison, rules: Sequence[Rule], findings: Sequence[Finding]) -> More:
    from tfratchet.edges import edges
    from tfratchet.gains import gains

    found, notes = gains(comparison, rules, findings)
    return More(found, edges(comparison, findings), notes)


# What stands below such a folder shows how a module is called; no account runs it.
_EXAMPLES = {"example", "examples"}


def _second_looks(findings: list[tuple[RootPair, Finding]]) -> list[tuple[RootPair, Finding]]:
    """Without what the second look at a library module (``Root.open_inputs``) tells once more."""
    first = {
        (f.root, f.rule, without_keys(f.address)) for p, f in findings if not (p.base.open_inputs or p.head.open_inputs)
    }
    return [
        (p, f)
        for p, f in findings
        if not (p.base.open_inputs or p.head.open_inputs) or (f.root, f.rule, without_keys(f.address)) not in first
    ]


def run_rule(rule: Rule, pair: RootPair, errors: list[Problem]) -> list[Finding]:
    """What a rule finds; when it fails, nothing, and that is told among ``errors``."""
    try:
        return list(rule.compare(pair))
    except Exception as error:  # noqa: BLE001 (a rule that fails is an error, and hides nothing that the others find)
        text = f"rule {rule.id} failed on {pair.path}: {type(error).__name__}: {error}"
        errors.append(Problem("internal", text))
        return []


def pair_roots(base: Snapshot, head: Snapshot) -> Iterator[tuple[Root, Root]]:
    """Root modules by path and variant; one that a side lacks is empty there."""
    sides = [{(r.path, r.variant): r for r in snapshot.roots} for snapshot in (base, head)]
    for path, variant in sorted({*sides[0], *sides[1]}, key=lambda k: (k[0], k[1] or "")):
        missing = Root(path, variant=variant, exists=False)
        yield sides[0].get((path, variant), missing), sides[1].get((path, variant), missing)


def is_active(rule: RuleInfo, settings: Settings) -> bool:
    """Whether the settings switch a rule on. Off beats on; a group is on when it is included or its rule is named.

    What is named as enabled counts among its like: ``detach`` says nothing of the audit's rules, which stay on.
    """
    names = {rule.id, rule.family}
    if names & settings.disabled:
        return False
    if rule.group and rule.group not in settings.include and rule.id not in settings.enabled:
        return False
    meant = settings.enabled & _like(rule) if settings.enabled else settings.enabled
    return not meant or bool(names & meant) or rule.group in settings.include - {""}


def _like(rule: RuleInfo) -> frozenset[str]:
    """Ids and families of the rules that run together with this one."""
    from tfratchet.rules import all_rules, live_rules

    rules: list[RuleInfo] = [r for r in live_rules() if r.family == rule.family]
    return frozenset(name for r in rules or all_rules() for name in (r.id, r.family))


def weaken(pair: RootPair, finding: Finding) -> Finding:
    """A loss in a place that could not be read in head is only possible."""
    reason = _unreadable(pair, finding)
    if reason is None:
        return finding
    return replace(
        finding,
        severity=min(finding.severity, Severity.MEDIUM),
        certainty=Certainty.POSSIBLE,
        depends_on=(*finding.depends_on, reason),
    )


def _unreadable(pair: RootPair, finding: Finding) -> str | None:
    if pair.base.exists and not pair.head.exists:
        # Nobody may ever run Terraform there again.
        reason = f"whether what the deleted root module {pair.base.path} created is destroyed"
        return None if reason in finding.depends_on else reason
    resource = pair.base.resources.get(finding.address)
    if resource is not None and pair.matching.head_for(resource) is not None:
        return None
    call = pair.base.calls.get(finding.address)
    if call is not None and pair.matching.call_for(call) is not None:
        return None
    where = finding.base.location if finding.base is not None else None
    for error in pair.head.errors:
        if error.kind == "limit":
            return "what the evaluation of head left out"
        if error.kind != "syntax" or error.location is None:
            continue
        file = error.location.file
        if (where is not None and where.file == file) or file not in pair.base.files_read:
            return f"what stands in {file}, which has a syntax error in head"
    broken = {e.location.file for e in pair.base.errors if e.kind == "syntax" and e.location is not None}
    if where is not None and where.file in broken:
        return f"what stands in {where.file}, which has a syntax error in base"
    if resource is not None and resource.module:
        target = pair.matching.moved_to(resource.address)
        for other in pair.head.calls.values():
            before = pair.base.calls.get(other.address)
            if other.opaque and covers(other.address, target) and not (before is not None and before.opaque):
                return f"what {other.address} holds, which could not be read in head"
    return None


def _problems(base: Snapshot, head: Snapshot, pairs: Iterable[RootPair]) -> list[Problem]:
    """Errors of both sides; those that only base has say so."""
    of_head = [*head.errors, *(e for pair in pairs for e in pair.head.errors)]
    known = {(e.kind, e.message) for e in of_head}
    of_base = [*base.errors, *(e for pair in pairs for e in pair.base.errors)]
    told = [replace(e, message=f"{e.message} (in base)") for e in of_base if (e.kind, e.message) not in known]
    return [*of_head, *told]


def _notes(pair: RootPair) -> Iterator[Problem]:
    for route in pair.entitlement_changes.routes:
        yield Problem("route", route.message, route.location)
    yield from _other_providers(pair)
    yield from pair.head.notes


def _other_providers(pair: RootPair) -> Iterator[Problem]:
    """Another provider can be another account: what stays in the configuration may be gone from where it was."""
    for address in sorted(pair.base.resources):
        base = pair.base.resources[address]
        head = pair.head.resources.get(address)
        if base.managed and head is not None and base.provider != head.provider:
            before, after = base.provider or "the default provider", head.provider or "the default provider"
            text = (
                f"{address} is now made by {after} instead of {before}; whether that is the same account is not known"
            )
            yield Problem("provider", text, head.where("provider"))


def _once(problems: Iterable[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))

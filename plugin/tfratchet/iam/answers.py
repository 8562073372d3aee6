"""Questions and answers of the probes, and what moved between base and head, one sentence a loss."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

from tfratchet.iam.engine.decide import Decision, Policies, decide
from tfratchet.iam.engine.policy import StatementRef
from tfratchet.iam.engine.request import Principal, Request
from tfratchet.iam.engine.strings import decode
from tfratchet.iam.engine.witness import ALWAYS, KINDS, Environment
from tfratchet.iam.protected import protected_actions
from tfratchet.values import Unknown

MfaContext: TypeAlias = Literal["present", "false", "absent", "old"]
"""MFA just used; temporary credentials without MFA; long-lived keys, whose requests carry no MFA keys; MFA used too
long ago."""
PRESENT: Final = "present"
FALSE: Final = "false"
ABSENT: Final = "absent"
OLD: Final = "old"

CONTEXTS: tuple[MfaContext, ...] = (PRESENT, FALSE, ABSENT, OLD)
_LIMITS = ("boundary", "scp", "session")
MFA_PRESENT = "aws:multifactorauthpresent"
MFA_AGE = "aws:multifactorauthage"
_FRESH = "1"
FOREVER = "1000000000"


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """One question of a probe. Two questions are never equal: they are put to base and head as they are."""

    action: str
    resource: str
    """Encoded ARN."""
    mfa: MfaContext
    mfa_age: str = ""
    """Seconds, in the context ``old``."""
    environment: Environment = field(default_factory=lambda: ALWAYS)
    """The other keys of the request."""
    special: bool = False
    """True when the environment is made to tell two conditions apart, and is not the usual one."""
    own: bool = False
    """True when the resource is the principal's own."""
    context: Environment = field(default_factory=lambda: ALWAYS)
    """All keys of the request but those that the principal tells: see ``contexts``."""

    def request(self, principal: Principal) -> Request:
        """The question, asked by somebody."""
        return Request(principal, self.action.lower(), self.resource, self.context)


def contexts(environment: Environment, ages: Sequence[str], *, mfa: bool) -> list[tuple[MfaContext, str, Environment]]:
    """(MFA context, age, all keys). ``ages``: the ages to ask for in the context ``old``; ``mfa`` False: nothing asks
    for MFA, so one context stands for all.
    """
    fresh = {**environment, MFA_PRESENT: ("true",), MFA_AGE: (_FRESH,)}
    found: list[tuple[MfaContext, str, Environment]] = [(PRESENT, "", fresh)]
    if mfa:
        found += [(FALSE, "", {**environment, MFA_PRESENT: ("false",)}), (ABSENT, "", environment)]
        found += [(OLD, age, {**fresh, MFA_AGE: (age,)}) for age in ages]
    return found


Answers: TypeAlias = Mapping[Question, Decision]


def probe(policies: Policies, principal: Principal, questions: Iterable[Question]) -> Answers:
    """The decision to each question."""
    return {question: decide(policies, question.request(principal)) for question in questions}


@dataclass(frozen=True, slots=True)
class Loss:
    """Protected actions that base stops and head does not, by the same cause."""

    kind: Literal["guard", "gain"]
    """``guard``: a Deny, a boundary or a service control policy no longer stops it. ``gain``: somebody may do what
    nothing allowed before."""
    actions: tuple[str, ...]
    mfa: tuple[MfaContext, ...]
    """The contexts in which it is lost. ``present`` alone stands for all when no policy asks for MFA."""
    needed_mfa: bool
    """True when base let it pass with MFA: what is lost is the need for it."""
    statement: StatementRef | None
    """The statement of base that used to stop it; None when nothing allowed it, or a limit did not."""
    layer: str
    """Where base stopped it: ``identity``, ``boundary``, ``scp``, ``resource``, ``session``."""
    allowed_by: StatementRef | None = None
    """The statement of head that allows it now."""
    certain: bool = True
    depends_on: tuple[Unknown, ...] = ()
    latent: bool = False
    """True when nothing denies it any more, and nothing that is known here allows it."""
    harmless: bool = False
    """True when without MFA only what one needs to get MFA is opened (``mfa_self_service``)."""
    mfa_age: str = ""
    """For ``old``: an age of MFA, in seconds, that is enough now."""
    resources: tuple[str, ...] = ()
    """For people: the resources it is lost for, when it is not lost for a resource that no policy names."""
    environment: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """The keys of the request that it takes, when it is not lost in the usual environment."""
    principal: Principal | None = None
    """Who can do it now, when the policy tells this principal from others."""

    @property
    def condition(self) -> str:
        """``without MFA``, ``with long-lived access keys (no MFA)``, ..., or nothing when it is lost in any case."""
        contexts = set(self.mfa)
        if PRESENT in contexts:
            return ""
        if contexts == {OLD}:
            return f"with MFA used {self.mfa_age} seconds ago" if self.mfa_age != FOREVER else "with MFA used long ago"
        if contexts == {ABSENT}:
            return "with long-lived access keys, which carry no MFA"
        if contexts == {FALSE}:
            return "with temporary credentials without MFA"
        return "without MFA"

    def sentence(self, who: str) -> str:
        """``without MFA, alice could not call iam:CreateAccessKey; with this change alice can``."""
        start = f"{self.condition}, " if self.condition else ""
        call = _listed(self.actions)
        where = f" on {_listed(self.resources)}" if self.resources else ""
        when = "".join(f" with {k} = {', '.join(map(decode, v)) or 'not set'}" for k, v in self.environment)
        if self.certain:
            end = "nothing here denies it any more" if self.latent else f"{who} can"
        else:
            end = "it may be that nothing denies it any more" if self.latent else f"{who} may be able to"
        by = f" ({self.statement} denied it)" if self.statement is not None and self.kind == "guard" else ""
        return f"{start}{who} could not call {call}{where}{when}{by}; with this change {end}"


def _listed(words: Sequence[str], limit: int = 3) -> str:
    if len(words) <= limit:
        return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
    return f"{', '.join(words[:limit])} and {len(words) - limit} more"


@dataclass(frozen=True, slots=True)
class _Step:
    """What one question shows."""

    kind: Literal["guard", "gain"]
    certain: bool
    latent: bool
    base: Decision
    head: Decision


def _step(base: Decision, head: Decision) -> _Step | None:
    """How an answer moved, when it moved towards allowed."""
    if head.answer == "denied" and (head.explicit or head.layer in _LIMITS):
        return None
    limited = base.answer == "denied" and base.layer in _LIMITS
    if base.explicit or limited:
        if head.answer == "allowed":
            return _Step("guard", True, False, base, head)
        if head.answer == "denied":
            return _Step("guard", not head.guard_unknown, True, base, head) if base.explicit else None
        return _Step("guard", not head.guard_unknown, not head.guard_unknown, base, head)
    if base.answer == "denied":
        if head.answer == "denied":
            return None
        return _Step("gain", head.answer == "allowed", False, base, head)
    if base.answer == "not_known" and head.answer != "not_known":
        if base.guard_unknown:
            return _Step("guard", False, head.answer == "denied", base, head)
        return _Step("gain", False, False, base, head) if head.answer == "allowed" else None
    if base.guard_unknown and head.answer == "not_known" and not head.guard_unknown:
        return _Step("guard", False, True, base, head)
    return None


def lost_denials(base: Answers, head: Answers, principal: Principal | None = None) -> tuple[Loss, ...]:
    """What moved from denied towards allowed, grouped so that each loss is one sentence. ``principal``: see Loss."""
    per_cause: dict[tuple[str, str], list[tuple[Question, _Step]]] = {}
    for question, answer in base.items():
        step = _step(answer, head[question])
        if step is not None:
            cause = f"{step.kind} {step.base.layer} {step.base.by} {step.certain} {step.latent}"
            per_cause.setdefault((question.action, cause), []).append((question, step))
    fresh = {(q.action, q.resource, id(q.environment)): a for q, a in base.items() if q.mfa == PRESENT}
    return grouped((loss, loss.actions) for loss in (_plainest(s, fresh, principal) for s in per_cause.values()))


def grouped(losses: Iterable[tuple[Loss, Sequence[str]]]) -> tuple[Loss, ...]:
    """(loss, actions that are lost like this), put together where only the actions differ."""
    groups: dict[Loss, tuple[Loss, dict[str, None]]] = {}
    for loss, actions in losses:
        for harmless in (False, True):
            members = [a for a in actions if _harmless(loss.mfa, a) is harmless]
            if members:
                shape = replace(loss, actions=(), allowed_by=None, harmless=harmless)
                groups.setdefault(shape, (loss, {}))[1].update(dict.fromkeys(members))
    found = [
        replace(loss, actions=tuple(actions), harmless=shape.harmless) for shape, (loss, actions) in groups.items()
    ]
    return tuple(_without_weaker(found))


def _harmless(mfa: Sequence[str], action: str) -> bool:
    return PRESENT not in mfa and action in protected_actions().mfa_self_service


def _plainest(
    steps: list[tuple[Question, _Step]],
    fresh: Mapping[tuple[str, str, int], Decision],
    principal: Principal | None,
) -> Loss:
    """One loss for an action: of the usual environment where it is lost there, else of the first that shows it."""
    special = all(q.special for q, _ in steps)
    environment = steps[0][0].environment
    chosen = [(q, s) for q, s in steps if (q.environment is environment if special else not q.special)]
    first, step = chosen[0]
    generic = _generic(first.action)
    nameless = [(q, s) for q, s in chosen if q.resource == generic]
    chosen = nameless or chosen
    first, step = chosen[0]
    lost_in = tuple(m for m in CONTEXTS if any(q.mfa == m for q, _ in chosen))
    ages = sorted((q.mfa_age for q, _ in chosen if q.mfa == OLD), key=lambda a: float(a or 0))
    names = dict.fromkeys("their own" if q.own else decode(q.resource) for q, _ in chosen)
    passed = [fresh[q.action, q.resource, id(q.environment)] for q, _ in chosen]
    usual = ALWAYS
    return Loss(
        kind=step.kind,
        actions=(first.action,),
        mfa=lost_in,
        needed_mfa=PRESENT not in lost_in and any(_passes(a, step.kind) for a in passed),
        statement=step.base.by,
        layer=step.base.layer,
        allowed_by=step.head.by if step.head.answer == "allowed" else None,
        certain=step.certain,
        depends_on=tuple(dict.fromkeys((*step.base.depends_on, *step.head.depends_on))),
        latent=step.latent,
        harmless=_harmless(lost_in, first.action),
        mfa_age=(FOREVER if FOREVER in ages else ages[0]) if ages and lost_in == (OLD,) else "",
        resources=() if nameless else tuple(names),
        environment=tuple((k, v) for k, v in sorted(first.environment.items()) if usual.get(k) != v) if special else (),
        principal=principal,
    )


def _passes(answer: Decision, kind: str) -> bool:
    """Whether base let the same question pass with MFA: for a guard it is enough that nothing denied it."""
    if kind == "gain":
        return answer.answer == "allowed"
    return not answer.explicit and not answer.guard_unknown and answer.layer not in _LIMITS


def _generic(action: str) -> str:
    known = protected_actions().by_name.get(action.lower())
    return KINDS[known.resource].generic if known is not None else KINDS["any"].generic


def _without_weaker(losses: list[Loss]) -> list[Loss]:
    """Without possible losses of actions that are lost for certain in the same contexts."""
    sure = [x for x in losses if x.certain]
    kept = []
    for loss in losses:
        if not loss.certain:
            open_ = tuple(
                a
                for a in loss.actions
                if not any(a in s.actions and set(loss.mfa) <= set(s.mfa) and s.kind == loss.kind for s in sure)
            )
            if not open_:
                continue
            loss = replace(loss, actions=open_)  # noqa: PLW2901
        kept.append(loss)
    return kept

"""From events to findings. Pure: no file, no network, no clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from tfratchet.account.events.catalog import DETACHING, protected, weight
from tfratchet.account.events.declared import UNASKED, Answer, Configuration, State
from tfratchet.account.events.event import Event, Via
from tfratchet.account.events.query import OBJECT_CALLS
from tfratchet.account.events.story import BreakGlass, Gap, gaps, in_order, restorations
from tfratchet.account.events.window import Window
from tfratchet.compare import is_active
from tfratchet.config import Settings
from tfratchet.model import Finding, Severity
from tfratchet.rules.base import LiveRule
from tfratchet.rules.live import events as rules


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events are told."""

    names: frozenset[str]
    """Names of the calls."""
    window: Window = field(default_factory=Window)
    users: frozenset[str] = frozenset()
    """Only calls about one of these users, groups or roles, or made by one of them. A call that succeeded and whose
    record does not say about whom it was is told as well."""
    terraform: bool = True
    """Also calls that say that they come from Terraform."""
    accounts: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()

    def holds(self, event: Event) -> bool:
        """Whether an event is one of them."""
        if event.name not in self.names or not self.window.holds(event):
            return False
        if not self.terraform and event.via is Via.TERRAFORM:
            return False
        # What a record does not say leaves it in: an odd record must not hide a call.
        if self.accounts and event.account and event.account not in self.accounts:
            return False
        if self.regions and event.region and event.region not in self.regions:
            return False
        return not self.users or bool(self.users & _people(event)) or _about_somebody(event)


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding and the events that it tells of, the first one first."""

    finding: Finding
    events: tuple[Event, ...]
    remarks: tuple[str, ...] = ()
    """What the table adds: put back, declared, break-glass."""


def _people(event: Event) -> set[str]:
    actor, target = event.actor, event.target
    found = {actor.name, actor.session, actor.arn, target.arn}
    if target.kind in ("user", "group", "role"):
        found |= {target.name, target.group}
    return found - {""}


def _about_somebody(event: Event) -> bool:
    return event.succeeded and event.target.kind in ("user", "group", "role") and not event.target.name


class Judge:
    """Makes findings of events."""

    def __init__(
        self,
        selection: Selection,
        settings: Settings,
        *,
        configuration: Configuration | None = None,
        log_buckets: Iterable[str] = (),
    ) -> None:
        self.selection = selection
        self.settings = settings
        self.configuration = configuration
        self.log_buckets = frozenset(log_buckets) | (configuration.log_buckets() if configuration else frozenset())
        self.break_glass = BreakGlass(settings.break_glass)

    def judge(self, events: Iterable[Event]) -> list[Judged]:
        """The findings: the worst first, calls that took a policy off before others."""
        order = in_order(events)
        restored = restorations(order)
        chosen = [e for e in order if self.selection.holds(e) and protected(e.source, e.name) is not None]
        found = [*self._calls(chosen, restored), *self._attempts(chosen), *self._break_glass(chosen)]
        found += self._gaps(order, restored)
        return sorted(found, key=_order)

    # -- calls that succeeded

    def _calls(self, events: Sequence[Event], restored: Mapping[Event, Event]) -> Iterator[Judged]:
        objects: dict[tuple[str, ...], list[Event]] = {}
        for event in events:
            if event.name == "ConsoleLogin":
                yield from self._sign_in(event)
            elif event.omitted and self._active(rules.ParametersOmitted):
                yield from self._omitted(event)
            elif event.succeeded and event.name in OBJECT_CALLS:
                bucket = event.target.name.partition("/")[0]
                objects.setdefault((event.name, event.actor.arn, event.account, bucket), []).append(event)
            elif event.succeeded:
                yield from self._call((event,), restored.get(event))
        for same in objects.values():
            yield from self._call(tuple(same), None)

    def _call(self, events: tuple[Event, ...], restored: Event | None) -> Iterator[Judged]:
        event = events[0]
        rule = rules.TakenAway if event.name in DETACHING else rules.ProtectedCall
        if not self._active(rule):
            return
        answer = self.configuration.ask(event) if self.configuration else UNASKED
        remarks = []
        if len(events) > 1:
            remarks.append(f"{len(events):,} times, last {events[-1].when}")
        if self.break_glass.is_one(event.actor):
            remarks.append("break-glass")
        if restored is not None:
            remarks.append(f"put back {restored.when} by {restored.actor}")
        if answer.state is not State.UNASKED:
            remarks.append(str(answer))
        if event.target.kind in ("log-bucket", "log-object") and not self._holds_logs(event):
            remarks.append("not known to hold logs")
        yield self._judged(rule(), events, remarks, self._weight(event), answer)

    def _omitted(self, event: Event) -> Iterator[Judged]:
        size = f" ({event.omitted_size:,} bytes)" if event.omitted_size else ""
        remarks = [f"parameters omitted as too large{size}"]
        if event.error:
            remarks.append(f"failed: {event.error}")
        if self.break_glass.is_one(event.actor):
            remarks.append("break-glass")
        level = max(Severity.HIGH, self._weight(event)) if event.succeeded else Severity.MEDIUM
        yield self._judged(rules.ParametersOmitted(), (event,), remarks, level)

    def _sign_in(self, event: Event) -> Iterator[Judged]:
        if (
            not event.succeeded
            or not self._active(rules.SignInWithoutMfa)
            or event.actor.kind not in ("IAMUser", "Root")
        ):
            return
        used = str(event.additional.get("MFAUsed", "")).lower()
        if used == "yes":
            return
        unknown = () if used == "no" else ("additionalEventData.MFAUsed",)
        level = Severity.CRITICAL if event.actor.kind == "Root" else Severity.HIGH
        remarks = ["break-glass"] if self.break_glass.is_one(event.actor) else []
        yield self._judged(rules.SignInWithoutMfa(), (event,), remarks, level, depends_on=unknown)

    # -- calls that failed

    def _attempts(self, events: Sequence[Event]) -> Iterator[Judged]:
        if not self._active(rules.Attempt):
            return
        tried: dict[tuple[str, ...], list[Event]] = {}
        for event in events:
            if event.succeeded or event.name == "ConsoleLogin":
                continue
            if event.omitted and self._active(rules.ParametersOmitted):
                continue
            who = event.actor.issuer or event.actor.arn or event.actor.name
            key = (
                event.name,
                event.account,
                who,
                event.actor.session,
                event.target.arn,
                event.target.policy,
                event.error,
            )
            tried.setdefault(key, []).append(event)
        for same in tried.values():
            event = same[0]
            remarks = [f"failed: {event.error}" + (f" ({event.denied_by})" if event.denied_by else "")]
            if len(same) > 1:
                remarks.append(f"{len(same):,} times, last {same[-1].when}")
            if self.break_glass.is_one(event.actor):
                remarks.append("break-glass")
            level = Severity.MEDIUM if self._weight(event) >= Severity.HIGH else Severity.LOW
            yield self._judged(rules.Attempt(), tuple(same), remarks, level)

    # -- what several events tell together

    def _break_glass(self, events: Sequence[Event]) -> Iterator[Judged]:
        if not self._active(rules.BreakGlassUsed):
            return
        sessions: dict[tuple[str, str], list[Event]] = {}
        for event in events:
            if self.break_glass.is_one(event.actor):
                sessions.setdefault((event.actor.arn or event.actor.name, event.account), []).append(event)
        for (arn, account), same in sessions.items():
            counted = Counter(e.name for e in same)
            calls = ", ".join(f"{name} {n} times" if n > 1 else name for name, n in sorted(counted.items()))
            first, last = same[0], same[-1]
            span = first.when if len(same) == 1 else f"{first.when} to {last.when}"
            message = f"Break-glass {first.actor} made {_count(len(same), 'protected call')} ({calls}), {span}"
            message += _from(first)
            finding = rules.BreakGlassUsed().found(
                arn, message, "no use", f"{calls}; {span}", root=account or ".", severity=None
            )
            yield Judged(self._settled(finding), tuple(same), ("break-glass", _count(len(same), "protected call")))

    def _gaps(self, order: Sequence[Event], restored: Mapping[Event, Event]) -> Iterator[Judged]:
        if not self._active(rules.LoggingGap):
            return
        for gap in gaps(order, restored):
            if self.selection.holds(gap.stop):
                yield self._gap(gap)

    def _gap(self, gap: Gap) -> Judged:
        event = gap.stop
        length = gap.length
        what = f"{event.target.kind} {event.target.name}" if event.target.name else "a trail"
        if length is None:
            told = f"since {event.when}; nothing that was read says that it records again"
        else:
            told = f"for {_duration(length)}, until {gap.start.when if gap.start else ''}"
        message = f"{what[:1].upper()}{what[1:]} recorded nothing {told} ({event.name} by {event.actor}"
        message += _from(event) + ")"
        if gap.hidden:
            message += f"; {_count(gap.hidden, 'protected call')} in that time known from elsewhere"
        level = Severity.CRITICAL if length is None else Severity.HIGH
        end = gap.start.when if gap.start else "now"
        finding = rules.LoggingGap().found(
            event.target.arn,
            message,
            "recording",
            f"nothing recorded {event.when} to {end}; event {event.id}",
            severity=level,
            root=event.account or ".",
        )
        return Judged(self._settled(finding), (event,), (f"no record {told}",))

    # -- findings

    def _judged(
        self,
        rule: LiveRule,
        events: tuple[Event, ...],
        remarks: Sequence[str],
        level: Severity,
        answer: Answer = UNASKED,
        depends_on: tuple[str, ...] = (),
    ) -> Judged:
        event = events[0]
        message = f"{_capital(str(event.actor))} {deed(event)} at {event.when}{_from(event)}"
        if remarks:
            message += "; " + "; ".join(remarks)
        declared = answer.state is State.DECLARED
        failed = f" ({event.error})" if event.error else ""
        finding = rule.found(
            event.target.arn if event.name != "ConsoleLogin" else event.actor.arn or event.target.arn,
            message,
            str(answer) if answer.state is not State.UNASKED else _expected(event),
            f"{event.name}{failed} at {event.when} by {event.actor}; event {event.id}",
            severity=level,
            root=event.account or ".",
            location=answer.location,
            fix=f"terraform apply puts it back ({answer.address})." if declared else "",
            depends_on=depends_on,
        )
        return Judged(self._settled(finding), events, tuple(remarks))

    def _settled(self, finding: Finding) -> Finding:
        level = self.settings.severities.get(finding.rule)
        return finding if level is None else finding.with_severity(level)

    def _active(self, rule: type[rules.EventRule]) -> bool:
        return is_active(rule(), self.settings)

    def _holds_logs(self, event: Event) -> bool:
        bucket, _, key = event.target.name.partition("/")
        return bucket in self.log_buckets or "AWSLogs/" in key

    def _weight(self, event: Event) -> Severity:
        action = protected(event.source, event.name)
        group = action.group if action else ""
        return weight(event.name, group, event.parameters, event.target.policy, log_bucket=self._holds_logs(event))


def _order(judged: Judged) -> tuple[object, ...]:
    event = judged.events[0]
    rank = (-judged.finding.severity, judged.finding.rule, event.name != "DetachUserPolicy")
    return (*rank, event.when, judged.finding.address)


# -- words

_DEEDS: Mapping[str, str] = {
    "DetachUserPolicy": "took policy {policy} off {target}",
    "DetachGroupPolicy": "took policy {policy} off {target}",
    "DetachRolePolicy": "took policy {policy} off {target}",
    "DeleteUserPolicy": "deleted inline policy {policy} of {target}",
    "DeleteGroupPolicy": "deleted inline policy {policy} of {target}",
    "DeleteRolePolicy": "deleted inline policy {policy} of {target}",
    "RemoveUserFromGroup": "took {target} out of group {group}",
    "AddUserToGroup": "put {target} into group {group}",
    "DeleteGroup": "deleted {target}",
    "DeleteUserPermissionsBoundary": "lifted the permissions boundary of {target}",
    "DeleteRolePermissionsBoundary": "lifted the permissions boundary of {target}",
    "AttachUserPolicy": "attached policy {policy} to {target}",
    "AttachGroupPolicy": "attached policy {policy} to {target}",
    "AttachRolePolicy": "attached policy {policy} to {target}",
    "ConsoleLogin": "signed in to the console without MFA",
}


def deed(event: Event) -> str:
    """What was done, in words that follow on who did it."""
    target = event.target
    if event.error:
        about = f" on {target}" if target.name else ""
        return f"tried {event.name}{about}{f' (policy {short(target.policy)})' if target.policy else ''}"
    words = _DEEDS.get(event.name)
    if words is None or event.omitted:
        return f"called {event.name}" + (f" on {target}" if target.name else "")
    return words.format(
        policy=short(target.policy) or "(not named)", target=target, group=target.group or "(not named)"
    )


def _expected(event: Event) -> str:
    if event.name == "ConsoleLogin":
        return "sign-in with MFA"
    return "as it was before"


def short(policy: str) -> str:
    """The name of a policy, without the rest of its ARN."""
    return policy.rpartition("/")[2] if policy.startswith("arn:") else policy


def _from(event: Event) -> str:
    mfa = {True: ", with MFA", False: ", without MFA", None: ""}[event.actor.mfa]
    where = f" from {event.ip}" if event.ip else ""
    return f"{where} by {event.via}{mfa if event.name != 'ConsoleLogin' else ''}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _duration(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    if minutes < 1:
        return f"{int(length.total_seconds())} s"
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes < 60 * 48 else f"{minutes // 1440} days"

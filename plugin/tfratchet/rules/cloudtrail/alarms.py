"""Who watches: metric filters with their alarms, and EventBridge rules with their targets, that look at CloudTrail.

A watcher is a pattern and how loud it is. Whether a pattern is written in one filter with twenty names or in twenty
filters makes no difference: what counts is that each event that was watched still is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tfratchet.model import ModuleCall, Resource, Root
from tfratchet.rules.attributes import presence
from tfratchet.rules.cloudtrail.patterns import Case, Pattern, event_pattern, fields, filter_pattern
from tfratchet.rules.cloudtrail.terms import Conjunction, Term, event_names, protected_events
from tfratchet.rules.judge import boolean, number
from tfratchet.values import Unknown, Value, canonical, display

FILTER = "aws_cloudwatch_log_metric_filter"
ALARM = "aws_cloudwatch_metric_alarm"
COMPOSITE = "aws_cloudwatch_composite_alarm"
RULE = "aws_cloudwatch_event_rule"
TARGET = "aws_cloudwatch_event_target"

SEEN = 0
"""A metric is counted (or a rule matches), and nobody is told."""
ALARMED = 1
"""An alarm changes its state, without any action."""
TOLD = 2
"""An alarm with actions, a rule with targets."""

# First parts of the fields of a CloudTrail record (CloudTrail user guide, "CloudTrail record contents").
_RECORD = frozenset(
    {
        "additionalEventData",
        "awsRegion",
        "errorCode",
        "errorMessage",
        "eventCategory",
        "eventName",
        "eventSource",
        "eventType",
        "managementEvent",
        "readOnly",
        "recipientAccountId",
        "requestParameters",
        "responseElements",
        "sourceIPAddress",
        "tlsDetails",
        "userAgent",
        "userIdentity",
    }
)
# Services whose API calls are security events, whatever the name of the event.
_SERVICES = frozenset(
    f"{s}.amazonaws.com" for s in ("iam", "cloudtrail", "signin", "organizations", "sso", "sts", "access-analyzer")
)
_NAMESPACES = ("cloudtrail", "cisbenchmark")


@dataclass
class Watcher:
    """One filter, rule or alarm that watches CloudTrail events."""

    root: Root
    item: Resource | ModuleCall
    pattern: Pattern
    level: int
    alarms: list[Resource] = field(default_factory=list)
    condition: Unknown | None = None
    """The unknown value that decides whether it exists."""

    @property
    def members(self) -> Iterator[Resource | ModuleCall]:
        """The filter (or rule) and its alarms."""
        yield self.item
        yield from self.alarms


def watchers(root: Root) -> list[Watcher]:
    """Everything in a root module that watches CloudTrail events."""
    alarms = [a for a in root.managed(ALARM) if presence(root, a) is not False]
    loud = _composites(root)
    linked: set[str] = set()
    found: list[Watcher] = []
    for item in root.managed(FILTER):
        there = presence(root, item)
        pattern = filter_pattern(item.get("pattern"))
        if there is False or not _watches(pattern, item):
            continue
        own = [a for a in alarms if _linked(a, item)]
        linked.update(a.address for a in own)
        level = SEEN if _counts_nothing(item) else max((_level(a, loud) for a in own), default=SEEN)
        found.append(Watcher(root, item, pattern, level, own, there if isinstance(there, Unknown) else None))
    found += _rules(root)
    found += [
        Watcher(root, a, _metric(a), _level(a, loud), condition=_condition(root, a))
        for a in alarms
        if a.address not in linked and _called_after(a)
    ]
    found += _calls(root)
    return found


def _condition(root: Root, item: Resource | ModuleCall) -> Unknown | None:
    there = presence(root, item)
    return there if isinstance(there, Unknown) else None


def _watches(pattern: Pattern, item: Resource) -> bool:
    if pattern.readable:
        return bool(fields(pattern) & _RECORD)
    return "cloudtrail" in f"{canonical(item.get('log_group_name'))}{item.address}".lower()


def _metric(alarm: Resource) -> Pattern:
    name = f"{display(alarm.get('namespace'))}/{display(alarm.get('metric_name'))}"
    term = Term("", "metric", frozenset({name}))
    return Pattern(((frozenset(), (frozenset({term}),)),), readable=False)


def _called_after(alarm: Resource) -> bool:
    return any(n in canonical(alarm.get("namespace")).lower() for n in _NAMESPACES)


def _linked(alarm: Resource, item: Resource) -> bool:
    """True when an alarm looks at the metric of a filter."""
    transformation = item.get("metric_transformation.0")
    if not isinstance(transformation, dict):
        return False
    names = {canonical(transformation.get("name"))}
    spaces = canonical(transformation.get("namespace"))
    for metric in (alarm.values, *_queried(alarm)):
        name = metric.get("metric_name")
        if isinstance(name, Unknown) and item.address in name.refs:
            return True
        if name is not None and canonical(name) in names and canonical(metric.get("namespace")) == spaces:
            return True
    return False


def _queried(alarm: Resource) -> Iterator[dict[str, Value]]:
    for query in alarm.blocks("metric_query"):
        metric = query.get("metric") if isinstance(query, dict) else None
        for block in metric if isinstance(metric, list) else [metric]:
            if isinstance(block, dict):
                yield block


def _composites(root: Root) -> str:
    return "\n".join(canonical(c.get("alarm_rule")) for c in root.managed(COMPOSITE))


def _counts_nothing(item: Resource) -> bool:
    """True for a filter that adds nothing to its metric, whatever it matches."""
    return number(item.get("metric_transformation.0.value")) == 0


def _level(alarm: Resource, composites: str) -> int:
    operator = alarm.get("comparison_operator")
    if isinstance(operator, str) and operator.startswith("LessThan"):
        return SEEN  # it tells that events do not come
    if boolean(alarm.get("actions_enabled")) is False:
        return ALARMED
    actions = alarm.get("alarm_actions")
    name = alarm.get("alarm_name")
    if isinstance(name, str) and name and name in composites:
        return TOLD
    return ALARMED if actions is None or actions == [] else TOLD


def _rules(root: Root) -> Iterator[Watcher]:
    targets = [t for t in root.managed(TARGET) if presence(root, t) is not False]
    for rule in root.managed(RULE):
        there = presence(root, rule)
        if there is False or not enabled(rule) or rule.get("event_pattern") is None:
            continue
        pattern = event_pattern(rule.get("event_pattern"))
        if not _is_security(pattern):
            continue
        own = any(_targets(t, rule) for t in targets)
        yield Watcher(root, rule, pattern, TOLD if own else SEEN, condition=_condition(root, rule))


def enabled(rule: Resource) -> bool:
    """False for a rule that surely matches nothing because it is switched off."""
    state = rule.get("state")
    if isinstance(state, str) and state.upper() == "DISABLED":
        return False
    return boolean(rule.get("is_enabled")) is not False


def _targets(target: Resource, rule: Resource) -> bool:
    value = target.get("rule")
    if isinstance(value, Unknown) and rule.address in value.refs:
        return True
    name = rule.get("name")
    return name is not None and value is not None and canonical(value) == canonical(name)


def _is_security(pattern: Pattern) -> bool:
    """True for a rule about protected events; the many rules that automate things are none."""
    names = protected_events()
    for conjunction in pattern.any_of:
        if event_names(conjunction) & names or "ConsoleLogin" in event_names(conjunction):
            return True
        sources = {v for t in conjunction if t.field == "eventSource" and t.operator == "=" for v in t.values}
        if sources & _SERVICES and any(t.field != "event:detail-type" for t in conjunction):
            return True
    return False


def _calls(root: Root) -> Iterator[Watcher]:
    """Calls of modules that could not be read and are given a filter pattern."""
    for address in sorted(root.calls):
        call = root.calls[address]
        if not call.opaque or presence(root, call) is False:
            continue
        for name in ("metric_filter_pattern", "filter_pattern", "pattern"):
            value = call.arguments.get(name)
            if value is None:
                continue
            pattern = filter_pattern(value)
            if pattern.readable and fields(pattern) & _RECORD:
                yield Watcher(root, call, pattern, TOLD, condition=_condition(root, call))
            break


@dataclass(frozen=True, slots=True)
class Unwatched:
    """What one watcher of base watched and head does not."""

    silent: tuple[Conjunction, ...]
    """No longer watched at all."""
    quieter: tuple[Conjunction, ...]
    """Still matched, but nobody is told any more."""
    unsure: tuple[Unknown, ...] = ()
    """Unknown values that decide; empty when the loss is certain."""


def unwatched(watcher: Watcher, head: Iterable[Watcher], partner: str | None) -> Unwatched | None:
    """What ``watcher`` of base watched and none of ``head`` does. ``partner``: address of its counterpart in head."""
    others = list(head)
    silent: list[Conjunction] = []
    quieter: list[Conjunction] = []
    unsure: list[Unknown] = []
    certain = False
    for case, found in watcher.pattern.cases:
        for conjunction in found:
            best, doubt = _level_of(conjunction, case, watcher, others, partner)
            if best >= watcher.level:
                continue
            if watcher.condition is not None:
                doubt = (*doubt, watcher.condition)
            doubt = (*doubt, *(Unknown(c) for c, _ in sorted(case)))
            unsure += doubt
            certain = certain or not doubt
            (silent if best < 0 else quieter).append(conjunction)
    if not silent and not quieter:
        return None
    return Unwatched(
        tuple(dict.fromkeys(silent)), tuple(dict.fromkeys(quieter)), () if certain else tuple(dict.fromkeys(unsure))
    )


def _level_of(
    conjunction: Conjunction, case: Case, watcher: Watcher, others: Iterable[Watcher], partner: str | None
) -> tuple[int, tuple[Unknown, ...]]:
    """How loudly ``others`` surely watch a conjunction (-1: not at all), and which unknown values decide the rest."""
    best = -1
    doubt: list[Unknown] = []
    for other in others:
        strength = other.pattern.strength(conjunction, case)
        if not strength:
            if other.item.address == partner and not other.pattern.readable:
                doubt += other.pattern.unknowns  # it may be in what could not be read
            continue
        sure = other.condition is None or other.condition == watcher.condition
        if strength == 2 and sure:
            best = max(best, other.level)
        elif other.level >= watcher.level:
            doubt += other.pattern.unknowns if strength == 1 else ()
            doubt += [other.condition] if not sure and other.condition is not None else []
    return best, tuple(dict.fromkeys(doubt))
